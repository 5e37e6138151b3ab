"""Why a Service has no address, or which it would get: the allocator's own answer, in plain words with the cure.

The allocator decides anew, over all Services as their status shows them, as a controller does that has just started.
What the controller itself has written on the Service comes beside it: it may know more (a configuration that was good
before, an address that rests).

Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lbkit.allocator.book import Book
from lbkit.allocator.decide import decide_all
from lbkit.allocator.outcome import Assign, Keep, Outcome, Refuse, Release
from lbkit.allocator.pools import Pools, capacity
from lbkit.allocator.request import annotation
from lbkit.model import conditions, names
from lbkit.model.addresses import FAMILIES
from lbkit.model.names import Reason
from lbkit.model.views import Condition, Config, Pool, Service
from lbkit.operator.cluster import Cluster
from lbkit.operator.explanation import Finding
from lbkit.operator.inventory import Inventory
from lbkit.operator.load_balancer import command_to_change
from lbkit.operator.text import some

_PATIENCE: Final = "wait a moment; if it stays so:\n$ lbkit status"
_SHOWN: Final = 3
"""How many ranges of a pool are written out."""
_MANY: Final = 2**20
"""From here on the number of a pool's addresses tells nobody anything."""


@dataclass(frozen=True, slots=True)
class Allocated:
    """What the allocator says of one Service, and over which pools."""

    outcome: Outcome
    pools: Pools
    inventory: Inventory


def decide(cluster: Cluster, config: Config, service: Service) -> Allocated:
    """Ask the allocator.

    Args:
        cluster: what is known.
        config: what is usable of the configuration.
        service: one that is served here.
    """
    served = [each for each in cluster.inventory.services.values() if cluster.is_served(each)]
    pools = Pools(config.pools)
    outcomes = decide_all(served, cluster.inventory.namespaces, Book(pools))
    return Allocated(outcomes.get(service.key, Release()), pools, cluster.inventory)


def condition_of(service: Service) -> Condition | None:
    """Give what the controller has written on a Service."""
    return conditions.of_type(service.conditions, names.CONDITION_ALLOCATED)


def findings(service: Service, allocated: Allocated, *, is_excused: bool) -> Iterator[Finding]:
    """Say what keeps a Service from its address; nothing where it has what it asks for.

    Args:
        service: the Service.
        allocated: what the allocator says of it.
        is_excused: whether it is known already why the controller does not do what it should.
    """
    said = condition_of(service)
    match allocated.outcome:
        case Refuse(reason, message):
            yield Finding(reason, _plain(reason, message, service, allocated.pools), _cure(reason, service, allocated))
            if service.ingress:
                text = f"the status still shows {_shown(service)}; the controller is about to take it away"
                yield Finding("AddressBeingLost", text, blocks=False)
            if said is not None and said.reason != reason:
                text = f"the controller's own last word was {said.reason}: {said.message}"
                yield Finding("ControllerSaid", text, blocks=False)
        case Assign(addresses, pool, lost) if addresses != service.ingress:
            shown = " and ".join(str(address) for address in addresses)
            if lost:
                yield Finding("AddressNotAllowed", f"what it has is not allowed any more: {lost}", blocks=False)
            if service.ingress:
                text = f"it is to have {shown} of pool {pool} in place of {_shown(service)}"
                yield Finding("AddressChanges", text, blocks=False)
            elif is_excused:
                yield Finding("NotAssignedYet", f"after that it is to get {shown} of pool {pool}", blocks=False)
            elif said is not None and said.status == "False":
                text = f"the controller says: {said.message} (since {said.last_transition_time or 'unknown'})"
                yield Finding(said.reason, text, _PATIENCE)
            else:
                text = f"{shown} of pool {pool} is free for it, and the controller has not given it yet"
                yield Finding("NotAssignedYet", text, _PATIENCE)
        case _:
            pass
    match allocated.outcome:
        case Keep(complaint=Refuse() as complaint) | Assign(complaint=Refuse() as complaint):
            cure = _cure(complaint.reason, service, allocated)
            yield Finding(complaint.reason, complaint.message, cure, blocks=False)
        case _:
            pass


def pool_fact(service: Service, allocated: Allocated) -> str:
    """Say which pool a Service has, or asks for."""
    asked = annotation(service, names.ADDRESS_POOL)
    having = [pool for address in service.ingress if (pool := allocated.pools.of(address)) is not None]
    if having:
        return " and ".join(dict.fromkeys(_sized(pool) for pool in having))
    if asked and (pool := allocated.pools.by_name.get(asked)) is not None:
        return f"{_sized(pool)}; asked for by annotation"
    if asked:
        return f'"{asked}", asked for by annotation'
    if isinstance(allocated.outcome, Assign):
        return f"{allocated.outcome.pool}, about to be used"
    there = ", ".join(allocated.pools.by_name)
    return f"none; there are: {there}" if there else "none; there is no pool"


def _plain(reason: Reason, message: str, service: Service, pools: Pools) -> str:
    """Say a refusal in a sentence that stands alone."""
    asked = annotation(service, names.LOAD_BALANCER_IPS) or service.load_balancer_ip
    match reason:
        case Reason.UNKNOWN_POOL:
            there = ", ".join(pools.by_name) or "none"
            name = annotation(service, names.ADDRESS_POOL)
            return f'the Service asks for pool "{name}", which does not exist; there are: {there}'
        case Reason.POOL_EXHAUSTED:
            return f"every address is taken: {message}"
        case Reason.ADDRESS_OUTSIDE_POOLS:
            held = "; ".join(f"{pool.name} has {_ranges(pool)}" for pool in pools) or "there is no pool"
            which = f"which no pool gives out; {held}"
            return f"the Service asks for {asked}, {which}" if "," not in asked else f"{message}; {held}"
        case Reason.ADDRESS_IN_USE | Reason.ADDRESS_RESERVED | Reason.ADDRESS_QUARANTINED:
            rest = message.removeprefix(f'"{asked}"').removeprefix(": ").strip()
            return f"the Service asks for {asked}, which {rest}" if rest.startswith("is ") else f"{asked}: {rest}"
        case _:
            return message


def _cure(reason: Reason, service: Service, allocated: Allocated) -> str:
    """Say what to do about a refusal."""
    key = service.key
    annotate = f"$ kubectl annotate service -n {key.namespace} {key.name} --overwrite"
    edit = f"$ kubectl edit service -n {key.namespace} {key.name}"
    there = tuple(allocated.pools.by_name)
    match reason:
        case Reason.NO_POOL_CONFIGURED:
            return "$ lbkit load-balancer create NAME --addresses RANGE --advertise-mode ARP|BGP"
        case Reason.UNKNOWN_POOL:
            return f"{annotate} {_annotation_name(service, names.ADDRESS_POOL)}={there[0] if there else 'POOL'}"
        case Reason.POOL_EXHAUSTED:
            return (
                "add addresses, or delete Services that need none:\n"
                f"$ {command_to_change(there[0], allocated.inventory, '--addresses RANGES')}\n"
                f"$ lbkit load-balancer show {there[0]} --query services"
            )
        case Reason.NO_POOL_MATCHES | Reason.POOL_NOT_ALLOWED:
            return (
                "widen a pool, or ask by name for one that may be used:\n"
                f"$ {command_to_change(there[0], allocated.inventory, '--namespaces … --service-selector …')}\n"
                f"{annotate} {names.ANNOTATION_PREFIXES[0]}{names.ADDRESS_POOL}={there[0]}"
            )
        case Reason.INVALID_REQUEST:
            wanted = "-" if service.load_balancer_ip else "=ADDRESS"
            return f"{annotate} {_annotation_name(service, names.LOAD_BALANCER_IPS)}{wanted}"
        case Reason.ADDRESS_OUTSIDE_POOLS:
            return f"ask for an address that a pool has, or for none:\n{annotate} {_requested(service)}"
        case Reason.ADDRESS_IN_USE:
            return (
                f"ask for another address, or for none:\n{_unrequest(service, annotate, edit)}\n"
                f"To share it, both Services need the same {names.ANNOTATION_PREFIXES[0]}{names.ALLOW_SHARED_IP} and "
                "different ports (and with externalTrafficPolicy Local the same pods)."
            )
        case Reason.ADDRESS_RESERVED:
            return (
                f"ask for another address, or for none:\n{_unrequest(service, annotate, edit)}\n"
                "To have this one, name the Service in the pool's annotation lbkit.io/reserved."
            )
        case Reason.ADDRESS_QUARANTINED:
            return "wait until it has rested (see the pool's status.quarantined), or ask for another address"
        case Reason.FAMILY_MISMATCH:
            return (
                "let a pool have addresses of each family of the Service, or change spec.ipFamilies or "
                f"spec.ipFamilyPolicy:\n{edit}"
            )
        case Reason.NO_CLUSTER_IP:
            return f"give it a cluster IP (no clusterIP: None); RequireDualStack needs one of each family:\n{edit}"
        case _:
            return ""


def _unrequest(service: Service, annotate: str, edit: str) -> str:
    """Give the command that takes the request for an address back."""
    return edit if service.load_balancer_ip else f"{annotate} {_requested(service)}"


def _annotation_name(service: Service, name: str) -> str:
    """Give the annotation under the prefix it is written with."""
    prefixes = (prefix for prefix in names.ANNOTATION_PREFIXES if f"{prefix}{name}" in service.annotations)
    return f"{next(prefixes, names.ANNOTATION_PREFIXES[0])}{name}"


def _requested(service: Service) -> str:
    return f"{_annotation_name(service, names.LOAD_BALANCER_IPS)}-"


def _ranges(pool: Pool) -> str:
    return ", ".join(str(piece) for piece in pool.ranges[:_SHOWN]) + (", …" if len(pool.ranges) > _SHOWN else "")


def _sized(pool: Pool) -> str:
    size = sum(capacity(pool, family) for family in FAMILIES)
    many = f"{size} address{'es' if size != 1 else ''}, " if size < _MANY else ""
    return f"{pool.name} ({many}{_ranges(pool)})"


def _shown(service: Service) -> str:
    return " and ".join(str(address) for address in service.ingress)


def sharers(cluster: Cluster, service: Service) -> str:
    """Say with whom a Service shares its address; empty if with nobody."""
    others = [
        each.key
        for each in cluster.inventory.services.values()
        if each.key != service.key and set(each.ingress) & set(service.ingress)
    ]
    return f"shared with {some(sorted(others), 'Service', 'Services')}" if others else ""
