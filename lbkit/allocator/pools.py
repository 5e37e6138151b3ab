"""Pools, indexed for the two questions that are asked for every Service: whose is this address, and which pool first.

Source: MetalLB's order: pinned pools (with serviceAllocation) by priority, 0 last, then the others; equal ones by name
here, where MetalLB's order is random.

Pure.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from math import inf

from lbkit.model.views import Family, IPAddress, Pool, Range

_BUGGY_OCTETS = (0, 255)
"""Last octets that some old equipment takes for network or broadcast addresses (MetalLB `avoidBuggyIPs`)."""
_INTERFACE_ID = 2**64
"""Size of what follows the subnet prefix in a unicast address (RFC 4291 section 2.5.1)."""


def is_buggy(value: int, family: Family) -> bool:
    """Whether an address is left out by `avoidBuggyIPs`.

    IPv4: it ends in .0 or .255. IPv6, which MetalLB leaves alone: its interface identifier is zero, so it is that of
    every router of its subnet (Subnet-Router anycast, RFC 4291 section 2.6.1), and routers answer for it.
    """
    return value % 256 in _BUGGY_OCTETS if family == 4 else value % _INTERFACE_ID == 0


class Pools:
    """The pools of one configuration; they do not overlap."""

    def __init__(self, pools: Iterable[Pool] = ()) -> None:
        self.by_name = {pool.name: pool for pool in sorted(pools, key=lambda pool: pool.name)}
        automatic = [pool for pool in self.by_name.values() if pool.auto_assign]
        pinned = [pool for pool in automatic if pool.service_allocation is not None]
        self.ranked = (
            *sorted(pinned, key=lambda pool: (_priority(pool), pool.name)),
            *(pool for pool in automatic if pool.service_allocation is None),
        )
        self._ends: dict[Family, list[tuple[int, int, Pool]]] = {
            4: sorted(_pieces(self.by_name.values(), 4), key=lambda piece: piece[:2]),
            6: sorted(_pieces(self.by_name.values(), 6), key=lambda piece: piece[:2]),
        }
        self._starts = {family: [piece[0] for piece in pieces] for family, pieces in self._ends.items()}

    def __iter__(self) -> Iterator[Pool]:
        return iter(self.by_name.values())

    def __len__(self) -> int:
        return len(self.by_name)

    def of(self, address: IPAddress) -> Pool | None:
        """Give the pool that may hand out `address`; buggy addresses of a pool that avoids them are nobody's."""
        family: Family = 4 if address.version == 4 else 6
        value = int(address)
        index = bisect_right(self._starts[family], value) - 1
        if index < 0:
            return None
        _, last, pool = self._ends[family][index]
        if value > last or (pool.avoid_buggy_ips and is_buggy(value, family)):
            return None
        return pool


def _priority(pool: Pool) -> float:
    """Smaller is sooner; 0 means "not said" and comes last."""
    assert pool.service_allocation is not None
    return pool.service_allocation.priority or inf


def _pieces(pools: Iterable[Pool], family: Family) -> Iterator[tuple[int, int, Pool]]:
    for pool in pools:
        for piece in pool.ranges:
            if piece.family == family:
                yield int(piece.first), int(piece.last), pool


def capacity(pool: Pool, family: Family) -> int:
    """Count the addresses of one family that a pool may hand out, reserved ones included."""
    return sum(usable(pool, piece) for piece in pool.ranges if piece.family == family)


def usable(pool: Pool, piece: Range) -> int:
    """Count the addresses of a range of a pool that it may hand out, without walking them."""
    if not pool.avoid_buggy_ips:
        return piece.size
    before, last = int(piece.first) - 1, int(piece.last)
    return piece.size - (_buggy_up_to(last, piece.family) - _buggy_up_to(before, piece.family))


def _buggy_up_to(value: int, family: Family) -> int:
    """Count the buggy addresses from zero to `value` (-1 counts none)."""
    if family == 6:
        return value // _INTERFACE_ID + 1
    blocks, rest = divmod(value + 1, 256)
    return 2 * blocks + (1 if rest else 0)
