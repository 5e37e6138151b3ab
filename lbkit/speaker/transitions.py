"""What is worth telling of one decision after another: event_records and log lines, on transitions only.

MetalLB repeats its events with every reconcile, which buries the one that matters. Here an event says that something
is not as it was.
Source: MetalLB's events `nodeAssigned` and `announceFailed`, with its messages.

Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lbkit.announcer.desired import Outcome
from lbkit.model.event_records import EventRecord, Reference
from lbkit.model.names import Reason
from lbkit.model.views import IPAddress, Key, Service
from lbkit.packet.ethernet import mac_text
from lbkit.speaker.segments import Stranger


@dataclass(frozen=True, slots=True)
class Transition:
    """One Service's reason under one protocol has changed; None for a Service that was not known before."""

    key: Key
    protocol: str
    before: Reason | None
    after: Reason
    addresses: tuple[IPAddress, ...]


def transitions(before: Mapping[Key, Outcome], after: Mapping[Key, Outcome]) -> Iterator[Transition]:
    """Compare two decisions, by protocol."""
    for key, outcome in after.items():
        known = before.get(key)
        if known is None or known.layer2 is not outcome.layer2:
            yield Transition(key, "layer2", known.layer2 if known else None, outcome.layer2, outcome.layer2_addresses)
        if known is None or known.bgp is not outcome.bgp:
            yield Transition(key, "bgp", known.bgp if known else None, outcome.bgp, outcome.bgp_addresses)


def event_record(transition: Transition, service: Service, k8s_node: str) -> EventRecord | None:
    """Say what a user is told of a transition; None if nothing."""
    regarding = Reference("v1", "Service", transition.key, service.uid)
    match transition.after:
        case Reason.ANNOUNCED:
            message = f'announcing from node "{k8s_node}" with protocol "{transition.protocol}"'
            return EventRecord(regarding, "Normal", "nodeAssigned", message)
        case Reason.NO_INTERFACE:
            message = (
                f'node "{k8s_node}" was chosen to announce with protocol "{transition.protocol}", '
                "and none of its interfaces is up and allowed by the advertisement"
            )
            return EventRecord(regarding, "Warning", "announceFailed", message)
        case _:
            return None


def conflict_record(service: Service, address: IPAddress, stranger: Stranger, k8s_node: str) -> EventRecord:
    """Say that a host outside the cluster has an address of a Service."""
    what = (
        f'node "{k8s_node}" announces it all the same, as it had it first'
        if stranger.is_held
        else f'node "{k8s_node}" does not announce it'
    )
    message = (
        f"{address} is in use by a host outside the cluster, {mac_text(stranger.mac)}, "
        f"seen on {stranger.interface}; {what}"
    )
    return EventRecord(Reference("v1", "Service", service.key, service.uid), "Warning", "addressConflict", message)
