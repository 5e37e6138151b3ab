"""Finds addresses for a Service that needs them: the ones it names, from the pool it names, or from any pool.

Source: MetalLB's order of allocation (explicit addresses, explicit pool, automatic) and its choice of families: a pool
that has all families wins over one that has some. Where none has all, MetalLB gives one family only; here each family
may be of a pool of its own, as separate pools for IPv4 and IPv6 are what most people write.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lbkit.allocator.book import Book
from lbkit.allocator.choose import candidates, disallowed
from lbkit.allocator.outcome import Refuse
from lbkit.allocator.pools import capacity
from lbkit.allocator.request import Request
from lbkit.allocator.sharing import Claim
from lbkit.model.addresses import family
from lbkit.model.names import Reason
from lbkit.model.views import Family, IPAddress, Namespace, Pool, Service

_SHOWN_POOLS = 5
"""How many pools a message explains one by one."""


@dataclass(frozen=True, slots=True)
class Found:
    """Addresses to have, primary family first; `complaint` says why one family is missing that would be welcome."""

    addresses: tuple[IPAddress, ...]
    complaint: Refuse | None = None


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
        Addresses; or why there are none.
    """
    if request.addresses:
        return _explicit(service, request, claim, namespaces, book)
    pools = pools_for(service, request, namespaces, book)
    return pools if isinstance(pools, Refuse) else _from_pools(pools, request, claim, book)


def complete(
    have: tuple[IPAddress, ...],
    service: Service,
    request: Request,
    claim: Claim,
    *,
    namespaces: Mapping[str, Namespace],
    book: Book,
) -> Found | Refuse:
    """Find what a Service misses beside addresses that it keeps, if possible in the pools that these are of.

    Args:
        have: what it keeps, at most one address of each family.
        service: the Service.
        request: what it asks for.
        claim: what it would lay to them.
        namespaces: by name, for their labels.
        book: who holds what; it is read only.

    Returns:
        What it has then; or why it cannot go on with what it has (it needs two families, and one cannot be had).
    """
    missing = tuple(item for item in request.families if item not in {family(address) for address in have})
    if not missing:
        return Found(have)
    own = [pool for address in have if (pool := book.pools.of(address)) is not None]
    others = pools_for(service, request, namespaces, book)
    by_name = {pool.name: pool for pool in (*own, *(() if isinstance(others, Refuse) else others))}
    return _put_together(tuple(by_name.values()), request, {family(address): address for address in have}, claim, book)


def pools_for(
    service: Service, request: Request, namespaces: Mapping[str, Namespace], book: Book
) -> tuple[Pool, ...] | Refuse:
    """Give the pools that a Service which names no address may be given one from, in order; or why there are none."""
    if request.pool:
        pool = book.pools.by_name.get(request.pool)
        if pool is None:
            return Refuse(Reason.UNKNOWN_POOL, f'unknown pool "{request.pool}"')
        why = disallowed(pool, service, namespaces)
        return _not_allowed(pool, why) if why else (pool,)
    allowed = candidates(service, book.pools, namespaces)
    if not allowed:
        return Refuse(Reason.NO_POOL_MATCHES, f"no pool is for this Service: {_why_not(service, namespaces, book)}")
    return allowed


def free_address(pool: Pool, item: Family, claim: Claim, book: Book) -> IPAddress | None:
    """Give one address of a pool: one held under the same sharing key, else its last, else one kept for it, else any.

    MetalLB takes the lowest of all, so that a key given in order to share may not lead to sharing.
    """
    return (
        book.lowest_shared(pool, item, claim)
        or book.last_held(pool, item, claim)
        or book.stock.lowest_reserved(pool, item, claim.service)
        or book.stock.lowest_free(pool, item)
    )


def shortage(pools: tuple[Pool, ...], families: tuple[Family, ...]) -> Refuse:
    """Say why no pool could give addresses: none has the family, or all are full.

    It speaks of the pools, not of what is in them at the moment: a message that changed with every neighbour would be
    written again for everybody who waits.
    """
    names = ", ".join(pool.name for pool in pools[:_SHOWN_POOLS])
    missing = [item for item in families if not any(capacity(pool, item) for pool in pools)]
    if missing:
        shown = " and ".join(f"IPv{item}" for item in missing)
        return Refuse(Reason.FAMILY_MISMATCH, f"no available IPs: no {shown} addresses in {names}")
    apart = ["rest after use (quarantine)"] if any(pool.quarantine_s for pool in pools) else []
    apart += ["are reserved for others"] if any(pool.reservations for pool in pools) else []
    why = f", not counting those that {' or '.join(apart)}" if apart else ""
    return Refuse(Reason.POOL_EXHAUSTED, f"no available IPs in {names}{why}")


def _explicit(
    service: Service, request: Request, claim: Claim, namespaces: Mapping[str, Namespace], book: Book
) -> Found | Refuse:
    shown = ", ".join(str(address) for address in request.addresses)
    for address in request.addresses:
        pool = book.pools.of(address)
        if pool is None:
            return Refuse(
                Reason.ADDRESS_OUTSIDE_POOLS, f"[{shown}] is not allowed in config: no pool gives {address} out"
            )
        if request.pool and request.pool != pool.name:
            return Refuse(
                Reason.POOL_NOT_ALLOWED,
                f'[{shown}] of pool "{pool.name}" is not compatible with requested address pool "{request.pool}"',
            )
        if why := disallowed(pool, service, namespaces):
            return _not_allowed(pool, why)
        if (obstacle := book.obstacle(address, claim, pool)) is not None:
            return obstacle
    return Found(request.addresses)


def _not_allowed(pool: Pool, why: str) -> Refuse:
    return Refuse(Reason.POOL_NOT_ALLOWED, f'pool "{pool.name}" not compatible for ip assignment: it {why}')


def _from_pools(pools: tuple[Pool, ...], request: Request, claim: Claim, book: Book) -> Found | Refuse:
    # A pool that keeps an address for this Service comes first, whatever its rank.
    pools = tuple(sorted(pools, key=lambda pool: not _keeps_one(pool, request, claim, book)))
    for pool in pools:
        found = [free_address(pool, item, claim, book) for item in request.families]
        whole = tuple(address for address in found if address is not None)
        if len(whole) == len(found):
            return Found(whole)
    return _put_together(pools, request, {}, claim, book)


def _put_together(
    pools: tuple[Pool, ...], request: Request, have: dict[Family, IPAddress], claim: Claim, book: Book
) -> Found | Refuse:
    """Take each family that is missing from the first pool that has it; one of two will do where that is allowed."""
    for item in request.families:
        if item not in have:
            for pool in pools:
                if (address := free_address(pool, item, claim, book)) is not None:
                    have[item] = address
                    break
    missing = tuple(item for item in request.families if item not in have)
    addresses = tuple(have[item] for item in request.families if item in have)
    if not missing:
        return Found(addresses)
    if not addresses or request.policy == "RequireDualStack":
        return shortage(pools, missing)
    short = shortage(pools, missing)
    complaint = replace(short, message=f"cannot assign additional IP in PreferDualStack: {short.message}")
    return Found(addresses, complaint)


def _keeps_one(pool: Pool, request: Request, claim: Claim, book: Book) -> bool:
    return any(book.stock.lowest_reserved(pool, item, claim.service) is not None for item in request.families)


def _why_not(service: Service, namespaces: Mapping[str, Namespace], book: Book) -> str:
    reasons = [f'"{pool.name}" {disallowed(pool, service, namespaces) or "has autoAssign off"}' for pool in book.pools]
    more = len(reasons) - _SHOWN_POOLS
    return "; ".join(reasons[:_SHOWN_POOLS]) + (f"; and {more} more" if more > 0 else "")
