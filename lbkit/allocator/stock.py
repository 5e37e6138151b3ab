"""What each pool has: how many addresses are held, rest, or wait for whom they are reserved, and which is free next.

Pure.
"""

from collections.abc import Container, Iterable, Mapping

from lbkit.allocator.free import Free
from lbkit.allocator.pools import Pools, capacity, usable
from lbkit.allocator.reserved import Reserved, unreserved
from lbkit.model.addresses import FAMILIES, family, from_int
from lbkit.model.views import Family, IPAddress, Key, Pool, Reservation

_Part = tuple[str, Family]


class Stock:
    """Counts and cursors over the pools of one configuration.

    Args:
        pools: the pools.
        taken: by family, what holds addresses as integers (those held, those that rest); read each time they are asked.
    """

    def __init__(self, pools: Pools, taken: Mapping[Family, tuple[Container[int], ...]]) -> None:
        self._pools = pools
        self._taken = taken
        self._reserved = Reserved(pools)
        parts = [(pool, item) for pool in pools for item in FAMILIES]
        self._free = {(pool.name, item): self._cursor(pool, item, unreserved(pool, item)) for pool, item in parts}
        self._reserved_free = {
            piece: self._cursor(pool, piece.range.family, [(int(piece.range.first), int(piece.range.last))])
            for pool in pools
            for piece in pool.reservations
        }
        self._capacity = {(pool.name, item): capacity(pool, item) for pool, item in parts}
        self._held = dict.fromkeys(self._free, 0)
        self._resting = dict.fromkeys(self._free, 0)
        self._idle_reserved = {
            (pool.name, item): sum(
                usable(pool, piece.range) for piece in pool.reservations if piece.range.family == item
            )
            for pool, item in parts
        }

    def hold(self, address: IPAddress, change: int) -> None:
        """Count a hold that begins (+1) or ends (-1)."""
        self._count(self._held, address, change)

    def rest(self, address: IPAddress, change: int) -> None:
        """Count a rest that begins (+1) or ends (-1)."""
        self._count(self._resting, address, change)

    def freed(self, address: IPAddress) -> None:
        """Note that an address is neither held nor resting any more."""
        pool = self._pools.of(address)
        if pool is not None:
            reservation = self._reserved.of(address)
            free = self._free[pool.name, family(address)] if reservation is None else self._reserved_free[reservation]
            free.released(int(address))

    def held(self, pool: Pool, item: Family) -> int:
        """Count the addresses that somebody holds."""
        return self._held[pool.name, item]

    def quarantined(self, pool: Pool, item: Family) -> int:
        """Count the addresses that rest."""
        return self._resting[pool.name, item]

    def idle_reserved(self, pool: Pool, item: Family) -> int:
        """Count the addresses that are reserved and neither held nor resting."""
        return self._idle_reserved[pool.name, item]

    def free(self, pool: Pool, item: Family) -> int:
        """Count the addresses that anybody can have: neither held nor resting nor reserved."""
        part = pool.name, item
        return self._capacity[part] - self._held[part] - self._resting[part] - self._idle_reserved[part]

    def is_reserved_for(self, service: Key) -> bool:
        """Whether anything is reserved for a Service, free or not."""
        return bool(self._reserved.for_service(service))

    def reservation_of(self, address: IPAddress) -> Reservation | None:
        """Give the reservation that holds an address; None if it is anybody's."""
        return self._reserved.of(address)

    def lowest_free(self, pool: Pool, item: Family) -> IPAddress | None:
        """Give the first address that is neither held nor resting nor reserved; None if there is none."""
        value = self._free[pool.name, item].lowest()
        return None if value is None else from_int(value, item)

    def lowest_reserved(self, pool: Pool, item: Family, service: Key) -> IPAddress | None:
        """Give the first free address that is reserved for a Service; None if there is none."""
        for owner, reservation in self._reserved.for_service(service):
            if owner is pool and reservation.range.family == item:
                value = self._reserved_free[reservation].lowest()
                if value is not None:
                    return from_int(value, item)
        return None

    def _cursor(self, pool: Pool, item: Family, spans: Iterable[tuple[int, int]]) -> Free:
        return Free(spans, item, *self._taken[item], avoids_buggy=pool.avoid_buggy_ips)

    def _count(self, counts: dict[_Part, int], address: IPAddress, change: int) -> None:
        pool = self._pools.of(address)
        if pool is not None:
            part = pool.name, family(address)
            counts[part] += change
            if self._reserved.of(address) is not None:
                self._idle_reserved[part] -= change
