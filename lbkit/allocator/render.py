"""Turns an outcome into the one write it needs, and into the events that tell of it.

The write is a strategic merge patch with only what differs, so that an outcome that is already true needs none; and
events are made only where the write changes what they would tell, so that nothing is told twice, also not after a
restart.
Sources: Kubernetes API v1 ServiceStatus, KEP-1860 (`ipMode`: an address announced by nodes is `VIP`), metav1.Condition;
MetalLB's events.

Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lbkit.allocator.finalizer import FinalizerChange
from lbkit.allocator.outcome import Assign, Keep, Outcome, Refuse, Release
from lbkit.model import conditions, names
from lbkit.model.event_records import EventRecord, EventType, Reference
from lbkit.model.names import Reason
from lbkit.model.views import Condition, IPAddress, Service


@dataclass(frozen=True, slots=True)
class Patch:
    """One write to a Service's status, and what to tell once it is done."""

    body: Mapping[str, object]
    events: tuple[EventRecord, ...]


def render(
    service: Service, outcome: Outcome, now: str, finalizer: FinalizerChange = FinalizerChange.NONE
) -> Patch | None:
    """Give the write that makes `outcome` true.

    Args:
        service: the Service as the API server has it.
        outcome: what was decided for it.
        now: the present, RFC 3339, for a condition that changes its status.
        finalizer: what is due of the finalizer; it goes with the address in one write.

    Returns:
        A patch against that very state of the Service; None if the Service shows the outcome already.
    """
    status: dict[str, object] = {}
    metadata = _finalizer(finalizer)
    annotations: dict[str, str | None] = {}
    wanted = _addresses(outcome)
    if wanted != service.ingress or (service.foreign_ingress and _is_ours(service)):
        status["loadBalancer"] = {"ingress": [{"ip": str(ip), "ipMode": "VIP"} for ip in wanted] or None}
    pool = outcome.pool if isinstance(outcome, Keep | Assign) else None
    if service.annotations.get(names.ALLOCATED_FROM_POOL) != pool:
        annotations[names.ALLOCATED_FROM_POOL] = pool
    old = conditions.of_type(service.conditions, names.CONDITION_ALLOCATED)
    new = _wanted_condition(outcome, old, now)
    if new != old:
        status["conditions"] = [conditions.patch_of(names.CONDITION_ALLOCATED, new)]
    if isinstance(outcome, Release) and not _is_ours(service):
        return None
    if finalizer in {FinalizerChange.ADD, FinalizerChange.REMOVE}:
        annotations[names.PLACED_FINALIZER] = names.FINALIZER if finalizer is FinalizerChange.ADD else None
    if annotations:
        metadata["annotations"] = annotations
    if not status and not metadata:
        return None
    body: dict[str, object] = {"metadata": {"resourceVersion": service.resource_version, **metadata}}
    if status:
        body["status"] = status
    return Patch(body, tuple(_events(service, outcome, is_news=new != old)))


def _is_ours(service: Service) -> bool:
    """Whether there is anything of ours on the Service, so that it may be cleared when it is no load balancer."""
    marks = {names.ALLOCATED_FROM_POOL, names.PLACED_FINALIZER}
    is_told = conditions.of_type(service.conditions, names.CONDITION_ALLOCATED) is not None
    return service.is_load_balancer or not marks.isdisjoint(service.annotations) or is_told


def _finalizer(change: FinalizerChange) -> dict[str, object]:
    """Give the part of a strategic merge patch that changes our finalizer and leaves those of others."""
    match change:
        case FinalizerChange.ADD:
            return {"finalizers": [names.FINALIZER]}
        case FinalizerChange.REMOVE:
            return {"$deleteFromPrimitiveList/finalizers": [names.FINALIZER]}
        case FinalizerChange.NONE | FinalizerChange.LATER:
            return {}


def _addresses(outcome: Outcome) -> tuple[IPAddress, ...]:
    return outcome.addresses if isinstance(outcome, Keep | Assign) else ()


def _wanted_condition(outcome: Outcome, old: Condition | None, now: str) -> Condition | None:
    """Give the condition that tells the outcome; the old one if it tells it already.

    `observedGeneration` is left out: Services have no generation that counts, and one that lags would make
    `kubectl wait` wait for ever.
    """
    match outcome:
        case Release():
            return None
        case Refuse():
            status, reason, message = "False", outcome.reason, outcome.message
        case Keep() | Assign():
            status, reason = "True", Reason.ASSIGNED
            message = f'Assigned IP {_shown(outcome.addresses)} from pool "{outcome.pool}"'
            if outcome.complaint is not None:
                reason, message = outcome.complaint.reason, f"{message}; {outcome.complaint.message}"
    if old is not None and (old.status, old.reason, old.message) == (status, reason, message):
        return old
    since = conditions.since(old, status, now)
    return Condition(names.CONDITION_ALLOCATED, status, reason.value, message, last_transition_time=since)


def _shown(addresses: Iterable[IPAddress]) -> str:
    """Write addresses as MetalLB's events do: `["1.2.3.4"]`, two with a space between them."""
    return "[" + " ".join(f'"{ip}"' for ip in addresses) + "]"


def _events(service: Service, outcome: Outcome, *, is_news: bool) -> Iterable[EventRecord]:
    key = service.key
    lost = outcome.lost if isinstance(outcome, Assign | Refuse) else ""
    if lost and is_news:
        message = f'current IP for "{key}" not allowed by config, will attempt for new IP assignment: {lost}'
        yield _event(service, "Normal", "ClearAssignment", message)
    match outcome:
        case Assign():
            added = [ip for ip in outcome.addresses if ip not in service.ingress]
            if added and len(added) < len(outcome.addresses):
                yield _event(service, "Normal", "IPAllocated", f'Assigned additional IP "{added[0]}"')
            elif added:
                yield _event(service, "Normal", "IPAllocated", f"Assigned IP {_shown(outcome.addresses)}")
            if outcome.complaint is not None and is_news:
                yield _complaint(service, outcome.complaint)
        case Keep(complaint=Refuse() as complaint) if is_news:
            yield _complaint(service, complaint)
        case Refuse() if is_news:
            message = f'Failed to allocate IP for "{key}": {outcome.message}'
            yield _event(service, "Warning", "AllocationFailed", message)
        case _:
            return


def _complaint(service: Service, complaint: Refuse) -> EventRecord:
    if complaint.message.startswith("cannot assign additional IP"):
        return _event(service, "Normal", "AdditionalAssignFailed", complaint.message)
    return _event(service, "Warning", "LoadBalancerFailed", complaint.message)


def _event(service: Service, kind: EventType, reason: str, message: str) -> EventRecord:
    return EventRecord(Reference("v1", "Service", service.key, service.uid), kind, reason, message)
