"""Find the pool of an address in logarithmic time.

A decision looks up every address of every Service, and a pool may be written as hundreds of ranges.

Pure.
"""

from bisect import bisect_right
from collections.abc import Iterable

from lbkit.model.views import IPAddress, Pool


class PoolIndex:
    """The ranges of all pools, sorted; a valid configuration has no overlaps."""

    def __init__(self, pools: Iterable[Pool]) -> None:
        entries = [
            ((piece.first.version, int(piece.first)), int(piece.last), pool) for pool in pools for piece in pool.ranges
        ]
        entries.sort(key=lambda entry: entry[0])
        self._starts = [start for start, _, _ in entries]
        self._entries = entries

    def pool_of(self, address: IPAddress) -> Pool | None:
        """Return the pool that holds `address`, or None."""
        number = int(address)
        at = bisect_right(self._starts, (address.version, number)) - 1
        if at < 0:
            return None
        (version, _), last, pool = self._entries[at]
        return pool if version == address.version and number <= last else None
