"""Decides which addresses a Service has.

What a Service has it keeps, as long as the configuration and its own wishes allow it; only then is something looked
for. Deciding again without a change changes nothing.
Source: MetalLB `convergeBalancer`, of which the order of the questions is kept; KEP-563 (a Service that changes
between single and dual stack keeps the address of the family it keeps, and gets the other one from wherever it is).

Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from lbkit.allocator.book import Book
from lbkit.allocator.choose import disallowed
from lbkit.allocator.outcome import Assign, Keep, Outcome, Refuse, Release
from lbkit.allocator.request import Request, read
from lbkit.allocator.sharing import Claim, claim
from lbkit.allocator.take import Found, complete, find
from lbkit.model.addresses import family
from lbkit.model.names import Reason
from lbkit.model.views import Family, IPAddress, Key, Namespace, Service


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
        is_half = request.policy == "RequireDualStack" and len(kept.addresses) < len(request.families)
        if not kept.addresses or is_half:
            return replace(request.problem, lost=kept.lost)
        return _have(service, kept.addresses, book, request.problem, kept.lost)
    have = _as_asked(request, kept.addresses, book)
    found = complete(have, service, request, mine, namespaces=namespaces, book=book) if have else None
    if not isinstance(found, Found):
        found = find(service, request, mine, namespaces, book)
    if isinstance(found, Refuse):
        return replace(found, lost=kept.lost)
    return _have(service, found.addresses, book, found.complaint, kept.lost)


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
    return dict(step for step in decisions(services, namespaces, book) if step is not None)


def decisions(
    services: Iterable[Service], namespaces: Mapping[str, Namespace], book: Book
) -> Iterator[tuple[Key, Outcome] | None]:
    """Do what `decide_all` does one small step after the other, for whoever has other things to do in between.

    Until the first outcome the book is not whole: not everybody's hold is in it.

    Yields:
        An outcome, as soon as it is in the book; None after a step that has none.
    """
    ordered = sorted(services, key=lambda service: (service.creation_timestamp, service.key))
    balancers = [service for service in ordered if service.wants_address]
    for service in balancers:
        _keep(service, namespaces, book)
        yield None
    for service in ordered:
        book.linger(claim(service, read(service)), service.ingress)
        yield None
    for service in ordered:
        if not service.wants_address:
            enter(service, Release(), book)
            yield service.key, Release()
    for service in sorted(balancers, key=lambda service: not read(service).addresses):
        outcome = decide(service, namespaces, book)
        enter(service, outcome, book)
        yield service.key, outcome


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a Service may keep of what it has; `lost` says why something else was lost."""

    addresses: tuple[IPAddress, ...] = ()
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
    """Find what a Service may keep: addresses of wanted families, one each, of pools it may use, shared rightly.

    Its status comes first; what was decided and is not (or no more) in the status comes after it.
    """
    kept: dict[Family, IPAddress] = {}
    lost = ""
    for address in (*service.ingress, *book.held(service.key)):
        item = family(address)
        if item not in request.families or item in kept:
            continue
        if why := _loss(address, service, mine, namespaces, book):
            lost = lost or f'"{address}": {why}'
            continue
        kept[item] = address
    return _Kept(tuple(kept[item] for item in request.families if item in kept), lost)


def _loss(address: IPAddress, service: Service, mine: Claim, namespaces: Mapping[str, Namespace], book: Book) -> str:
    pool = book.pools.of(address)
    if pool is None:
        return "is not allowed in config"
    if why := disallowed(pool, service, namespaces):
        return f'pool "{pool.name}" not compatible for ip assignment: it {why}'
    if address in service.ingress:
        return book.refusal(address, mine, pool)
    obstacle = book.obstacle(address, mine, pool)  # it was meant to have it, and might not any more
    return "" if obstacle is None else obstacle.message


def _as_asked(request: Request, kept: tuple[IPAddress, ...], book: Book) -> tuple[IPAddress, ...]:
    """Leave out what a Service may keep but does not ask for; of named addresses it wants all or none."""
    if request.addresses:
        return kept if set(request.addresses) == set(kept) else ()
    if request.pool:
        wanted = book.pools.by_name.get(request.pool)
        return tuple(address for address in kept if book.pools.of(address) is wanted)
    return kept


def _have(
    service: Service, addresses: tuple[IPAddress, ...], book: Book, complaint: Refuse | None, lost: str
) -> Keep | Assign:
    pools = dict.fromkeys(pool.name for address in addresses if (pool := book.pools.of(address)) is not None)
    if addresses == service.ingress and not service.foreign_ingress:
        return Keep(addresses, ",".join(pools), complaint)
    return Assign(addresses, ",".join(pools), lost, complaint)
