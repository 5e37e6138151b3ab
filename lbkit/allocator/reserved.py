"""Which addresses are reserved, for whom, and what is left for everybody else.

Pure.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

from lbkit.model.addresses import family
from lbkit.model.views import Family, IPAddress, Key, Pool, Reservation


class Reserved:
    """The reservations of all pools, by address and by Service."""

    def __init__(self, pools: Iterable[Pool]) -> None:
        self._by_service: dict[Key, list[tuple[Pool, Reservation]]] = defaultdict(list)
        found: dict[Family, list[tuple[int, int, Reservation]]] = {4: [], 6: []}
        for pool in pools:
            for item in pool.reservations:
                found[item.range.family].append((int(item.range.first), int(item.range.last), item))
                if item.name:
                    self._by_service[Key(item.namespace, item.name)].append((pool, item))
        self._ends = {item: sorted(pieces, key=lambda piece: piece[0]) for item, pieces in found.items()}
        self._starts = {item: [piece[0] for piece in pieces] for item, pieces in self._ends.items()}

    def of(self, address: IPAddress) -> Reservation | None:
        """Give the reservation that holds an address; None if it is anybody's."""
        item, value = family(address), int(address)
        index = bisect_right(self._starts[item], value) - 1
        if index < 0 or value > self._ends[item][index][1]:
            return None
        return self._ends[item][index][2]

    def for_service(self, service: Key) -> tuple[tuple[Pool, Reservation], ...]:
        """Give what is reserved for a Service: under its name first, then for all of its namespace."""
        if not self._by_service:
            return ()
        by_namespace = Key(service.namespace, "*")
        return (*self._by_service.get(service, ()), *self._by_service.get(by_namespace, ()))


def unreserved(pool: Pool, item: Family) -> list[tuple[int, int]]:
    """Give what is anybody's of one family in a pool: first and last of each piece, in the order of the ranges."""
    taken = sorted(
        (int(piece.range.first), int(piece.range.last)) for piece in pool.reservations if piece.range.family == item
    )
    left = []
    for piece in pool.ranges:
        if piece.family != item:
            continue
        at, last = int(piece.first), int(piece.last)
        for taken_first, taken_last in taken:
            if taken_first > last:
                break
            if taken_last < at:
                continue
            if taken_first > at:
                left.append((at, taken_first - 1))
            at = taken_last + 1
        if at <= last:
            left.append((at, last))
    return left
