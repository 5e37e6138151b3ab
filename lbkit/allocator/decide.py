"""Decides which addresses a Service has.

What a Service has it keeps, as long as the configuration and its own wishes allow it; only then is something looked
for. Deciding again without a change changes nothing.
Source: MetalLB `convergeBalancer`, of which the order of the questions is kept; KEP-563 (a Service that changes
between single and dual stack keeps the address of the family it keeps).

Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from lbkit.allocator.book import Book
from lbkit.allocator.choose import disallowed
from lbkit.allocator.outcome import Assign, Keep, Outcome, Refuse, Release
from lbkit.allocator.request import Request, read
from lbkit.allocator.sharing import Claim, claim
from lbkit.allocator.take import Found, find, free_address, shortage
from lbkit.model.addresses import family
from lbkit.model.names import Reason
from lbkit.model.views import Family, IPAddress, Key, Namespace, Pool, Service


def decide(service: Service, namespaces: Mapping[str, Namespace], book: Book) -> Outcome:
    """Decide which addresses a Service has.

    Args:
        service: the Service as the API server has it.
        namespaces: by name, for their labels.
        book: who holds what, over the pools in force; it is read only, see `enter`.

    Returns:
        `Release` for what is no load balancer or is being deleted; `Keep` if the status is right; `Assign` if it must
        change; `Refuse` if the Service has to be without an address.
    """
    if not service.wants_address:
        return Release()
    if not len(book.pools):
        return Refuse(Reason.NO_POOL_CONFIGURED, "no address pool is configured; create an IPAddressPool")
    request = read(service)
    if missing := _missing_cluster_address(service, request):
        return Refuse(Reason.NO_CLUSTER_IP, missing)
    mine = claim(service, request)
    kept = _retained(service, request, mine, namespaces, book)
    if request.problem is not None:
        if kept.pool is None:
            return replace(request.problem, lost=kept.lost)
        return _have(service, kept.addresses, kept.pool, request.problem, kept.lost)
    if kept.pool is not None and _is_as_asked(request, kept):
        outcome = _completed(service, request, mine, kept, book)
        if outcome is not None:
            return outcome
    return _found(service, request, find(service, request, mine, namespaces, book), kept.lost, book)


def enter(service: Service, outcome: Outcome, book: Book) -> None:
    """Write an outcome into the book; what the status still shows lingers there until it is gone."""
    mine = claim(service, read(service))
    match outcome:
        case Keep() | Assign():
            book.take(mine, outcome.addresses, service.ingress)
        case Release() | Refuse():
            book.take(mine, (), service.ingress)


def decide_all(services: Iterable[Service], namespaces: Mapping[str, Namespace], book: Book) -> dict[Key, Outcome]:
    """Decide for many Services at once and write the outcomes into the book.

    First everybody enters what they may keep; then what others still show is held back; then those that are to hold
    nothing give it back; and only then are new addresses looked for: first for those who name theirs, then for the
    rest, oldest Service first. So nobody is given what another one shows in its status, or by chance what another one
    insists on.

    Returns:
        The outcomes, in the order in which they were decided.
    """
    ordered = sorted(services, key=lambda service: (service.creation_timestamp, service.key))
    outcomes: dict[Key, Outcome] = {}
    balancers = [service for service in ordered if service.wants_address]
    for service in balancers:
        _keep(service, namespaces, book)
    for service in ordered:
        book.linger(claim(service, read(service)), service.ingress)
    for service in ordered:
        if not service.wants_address:
            outcomes[service.key] = Release()
            enter(service, Release(), book)
    for service in sorted(balancers, key=lambda service: not read(service).addresses):
        outcomes[service.key] = outcome = decide(service, namespaces, book)
        enter(service, outcome, book)
    return outcomes


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a Service may keep of what it has; `lost` says why something else was lost."""

    addresses: tuple[IPAddress, ...] = ()
    pool: Pool | None = None
    lost: str = ""


def _keep(service: Service, namespaces: Mapping[str, Namespace], book: Book) -> None:
    request = read(service)
    mine = claim(service, request)
    kept = _retained(service, request, mine, namespaces, book)
    if kept.addresses:
        book.take(mine, kept.addresses, service.ingress)


def _missing_cluster_address(service: Service, request: Request) -> str:
    if not request.families:
        return "the Service has no cluster IP"
    if service.ip_family_policy == "RequireDualStack" and len(request.families) < 2:
        return "RequireDualStack, but the Service has not enough cluster IPs"
    return ""


def _retained(
    service: Service, request: Request, mine: Claim, namespaces: Mapping[str, Namespace], book: Book
) -> _Kept:
    """Find what a Service may keep: addresses of wanted families, one each, of one pool it may use, shared rightly.

    Its status comes first; what was decided and is not (or no more) in the status comes after it.
    """
    kept: dict[Family, IPAddress] = {}
    pool: Pool | None = None
    lost = ""
    for address in (*service.ingress, *book.held(service.key)):
        item = family(address)
        if item not in request.families or item in kept:
            continue
        owner = book.pools.of(address)
        if why := _loss(address, owner, pool, service=service, mine=mine, namespaces=namespaces, book=book):
            lost = lost or f'"{address}": {why}'
            continue
        pool = owner
        kept[item] = address
    return _Kept(tuple(kept[item] for item in request.families if item in kept), pool, lost)


def _loss(
    address: IPAddress,
    owner: Pool | None,
    pool: Pool | None,
    *,
    service: Service,
    mine: Claim,
    namespaces: Mapping[str, Namespace],
    book: Book,
) -> str:
    if owner is None:
        return "is not allowed in config"
    if pool is not None and owner is not pool:
        return f'is not of pool "{pool.name}", from which the Service has its other address'
    if why := disallowed(owner, service, namespaces):
        return f'pool "{owner.name}" not compatible for ip assignment: it {why}'
    return book.refusal(address, mine, owner)


def _is_as_asked(request: Request, kept: _Kept) -> bool:
    assert kept.pool is not None
    if request.pool and request.pool != kept.pool.name:
        return False
    return not request.addresses or set(request.addresses) == set(kept.addresses)


def _completed(service: Service, request: Request, mine: Claim, kept: _Kept, book: Book) -> Outcome | None:
    """Keep what there is, with a second family added from the same pool where one is wanted; None to start over."""
    assert kept.pool is not None
    have = {family(address): address for address in kept.addresses}
    for item in request.families:
        if item not in have and (address := free_address(kept.pool, item, mine, book)) is not None:
            have[item] = address
    if len(have) < len(request.families) and request.policy == "RequireDualStack":
        return None
    addresses = tuple(have[item] for item in request.families if item in have)
    return _have(service, addresses, kept.pool, _incomplete(kept.pool, request, addresses, book), kept.lost)


def _found(service: Service, request: Request, found: Found | Refuse, lost: str, book: Book) -> Outcome:
    if isinstance(found, Refuse):
        return replace(found, lost=lost)
    assert book.pools.by_name[found.pool.name] is found.pool
    return _have(service, found.addresses, found.pool, _incomplete(found.pool, request, found.addresses, book), lost)


def _have(
    service: Service, addresses: tuple[IPAddress, ...], pool: Pool, complaint: Refuse | None, lost: str
) -> Keep | Assign:
    if addresses == service.ingress and not service.foreign_ingress:
        return Keep(addresses, pool.name, complaint)
    return Assign(addresses, pool.name, lost, complaint)


def _incomplete(pool: Pool, request: Request, addresses: tuple[IPAddress, ...], book: Book) -> Refuse | None:
    """The complaint of a Service that prefers two families and has one."""
    have = {family(address) for address in addresses}
    missing = tuple(item for item in request.families if item not in have)
    if not missing:
        return None
    short = shortage((pool,), missing, book)
    return replace(short, message=f"cannot assign additional IP in PreferDualStack: {short.message}")
