"""Finds addresses for a Service that needs them: the ones it names, from the pool it names, or from any pool.

Source: MetalLB's order of allocation (explicit addresses, explicit pool, automatic) and its choice of families:
a pool that has all families wins over one that has some; all addresses of a Service are from one pool.

Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lbkit.allocator.book import Book
from lbkit.allocator.choose import candidates, disallowed
from lbkit.allocator.outcome import Refuse
from lbkit.allocator.pools import capacity
from lbkit.allocator.request import Request
from lbkit.allocator.sharing import Claim
from lbkit.model.names import Reason
from lbkit.model.views import Family, IPAddress, Namespace, Pool, Service

_SHOWN_POOLS = 5
"""How many pools a message explains one by one."""


@dataclass(frozen=True, slots=True)
class Found:
    """Addresses to hand out, primary family first, all of one pool."""

    addresses: tuple[IPAddress, ...]
    pool: Pool


def find(
    service: Service, request: Request, claim: Claim, namespaces: Mapping[str, Namespace], book: Book
) -> Found | Refuse:
    """Find addresses for a Service that has none to keep.

    Args:
        service: the Service.
        request: what it asks for; it has families and no problem.
        claim: what it would lay to them.
        namespaces: by name, for their labels.
        book: who holds what; it is read only.

    Returns:
        Addresses, all of one pool; or why there are none.
    """
    if request.addresses:
        return _explicit(service, request, claim, namespaces, book)
    if request.pool:
        pool = book.pools.by_name.get(request.pool)
        if pool is None:
            return Refuse(Reason.UNKNOWN_POOL, f'unknown pool "{request.pool}"')
        if why := disallowed(pool, service, namespaces):
            return Refuse(Reason.POOL_NOT_ALLOWED, f'pool "{pool.name}" not compatible for ip assignment: it {why}')
        return _from_pools((pool,), request, claim, book)
    allowed = candidates(service, book.pools, namespaces)
    if not allowed:
        return Refuse(Reason.NO_POOL_MATCHES, f"no pool is for this Service: {_why_not(service, namespaces, book)}")
    return _from_pools(allowed, request, claim, book)


def free_address(pool: Pool, family: Family, claim: Claim, book: Book) -> IPAddress | None:
    """Give one address of a pool: one held under the same sharing key, else its last, else one kept for it, else any.

    MetalLB takes the lowest of all, so that a key given in order to share may not lead to sharing.
    """
    return (
        book.lowest_shared(pool, family, claim)
        or book.last_held(pool, family, claim)
        or book.stock.lowest_reserved(pool, family, claim.service)
        or book.stock.lowest_free(pool, family)
    )


def shortage(pools: tuple[Pool, ...], families: tuple[Family, ...], book: Book) -> Refuse:
    """Say why no pool could give addresses: none has the family, or all are full."""
    names = ", ".join(pool.name for pool in pools[:_SHOWN_POOLS])
    missing = [family for family in families if not any(capacity(pool, family) for pool in pools)]
    if missing:
        shown = " and ".join(f"IPv{family}" for family in missing)
        return Refuse(Reason.FAMILY_MISMATCH, f"no available IPs: no {shown} addresses in {names}")
    parts = [(pool, family) for pool in pools for family in families]
    is_resting = any(book.stock.quarantined(*part) for part in parts)
    is_reserved = any(book.stock.idle_reserved(*part) for part in parts)
    why = "; addresses that were given back rest (quarantine)" if is_resting else ""
    why += "; what is left is reserved for others" if is_reserved else ""
    return Refuse(Reason.POOL_EXHAUSTED, f"no available IPs in {names}{why}")


def _explicit(
    service: Service, request: Request, claim: Claim, namespaces: Mapping[str, Namespace], book: Book
) -> Found | Refuse:
    pools = [book.pools.of(address) for address in request.addresses]
    shown = ", ".join(str(address) for address in request.addresses)
    pool = pools[0]
    if pool is None or any(other is not pool for other in pools):
        is_split = all(other is not None for other in pools)
        why = "the addresses are of two pools" if is_split else "no pool holds it"
        return Refuse(Reason.ADDRESS_OUTSIDE_POOLS, f"[{shown}] is not allowed in config: {why}")
    if request.pool and request.pool != pool.name:
        return Refuse(
            Reason.POOL_NOT_ALLOWED,
            f'[{shown}] of pool "{pool.name}" is not compatible with requested address pool "{request.pool}"',
        )
    if why := disallowed(pool, service, namespaces):
        return Refuse(Reason.POOL_NOT_ALLOWED, f'pool "{pool.name}" not compatible for ip assignment: it {why}')
    for address in request.addresses:
        if (obstacle := book.obstacle(address, claim, pool)) is not None:
            return obstacle
    return Found(request.addresses, pool)


def _from_pools(pools: tuple[Pool, ...], request: Request, claim: Claim, book: Book) -> Found | Refuse:
    # A pool that keeps an address for this Service comes first, whatever its rank.
    pools = tuple(sorted(pools, key=lambda pool: not _keeps_one(pool, request, claim, book)))
    for families in _attempts(request):
        for pool in pools:
            if found := _all_families(pool, families, claim, book):
                return Found(found, pool)
    return shortage(pools, request.families, book)


def _keeps_one(pool: Pool, request: Request, claim: Claim, book: Book) -> bool:
    return any(book.stock.lowest_reserved(pool, family, claim.service) is not None for family in request.families)


def _attempts(request: Request) -> Iterator[tuple[Family, ...]]:
    """Sets of families to try one after the other: all of them, then (if that will do) one at a time."""
    yield request.families
    if request.policy == "PreferDualStack" and len(request.families) > 1:
        for family in request.families:
            yield (family,)


def _all_families(pool: Pool, families: tuple[Family, ...], claim: Claim, book: Book) -> tuple[IPAddress, ...]:
    found = [free_address(pool, family, claim, book) for family in families]
    whole = tuple(address for address in found if address is not None)
    return whole if len(whole) == len(families) else ()


def _why_not(service: Service, namespaces: Mapping[str, Namespace], book: Book) -> str:
    reasons = [f'"{pool.name}" {disallowed(pool, service, namespaces) or "has autoAssign off"}' for pool in book.pools]
    more = len(reasons) - _SHOWN_POOLS
    return "; ".join(reasons[:_SHOWN_POOLS]) + (f"; and {more} more" if more > 0 else "")
