"""The lowest free address of a pool, found without looking at the used ones.

A cursor runs once over the pool, in the order its ranges are written, and never goes back: addresses given back
behind it wait in a heap, and come first. So an allocation costs O(log n) whatever the size of the pool, where a scan
from the first address costs one step for every address in use.

Pure.
"""

from bisect import bisect_right
from collections.abc import Container, Iterable
from heapq import heappop, heappush

from lbkit.allocator.pools import is_buggy
from lbkit.model.views import Family


class Free:
    """The free addresses of one family in one pool, or in a part of it.

    Args:
        spans: first and last of each piece, in the order in which to use them.
        family: theirs.
        avoids_buggy: whether addresses that end in .0 or .255 are left out.
        taken: the addresses that cannot be given, as integers; read each time, changed by their owner, who calls
            `released`.
    """

    def __init__(
        self, spans: Iterable[tuple[int, int]], family: Family, *taken: Container[int], avoids_buggy: bool = False
    ) -> None:
        self._family = family
        self._taken = taken
        self._avoids_buggy = avoids_buggy
        self._spans = list(spans)
        ordered = sorted((first, index) for index, (first, _) in enumerate(self._spans))
        self._starts = [first for first, _ in ordered]
        self._index_by_start = [index for _, index in ordered]
        self._at = 0
        self._next = self._spans[0][0] if self._spans else 0
        self._behind: list[tuple[int, int]] = []  # heap of (span, address) given back behind the cursor
        self._waiting: set[int] = set()  # the addresses in it

    def lowest(self) -> int | None:
        """Give the first free address in the order of the ranges; None if there is none. It is not taken by this."""
        while self._behind and self._is_taken(self._behind[0][1]):
            self._waiting.discard(heappop(self._behind)[1])
        if self._behind:
            return self._behind[0][1]
        while self._at < len(self._spans):
            if self._next > self._spans[self._at][1]:
                self._at += 1
                self._next = self._spans[self._at][0] if self._at < len(self._spans) else 0
            elif self._is_taken(self._next) or (self._avoids_buggy and is_buggy(self._next, self._family)):
                self._next += 1
            else:
                return self._next
        return None

    def _is_taken(self, value: int) -> bool:
        return any(value in values for values in self._taken)

    def released(self, value: int) -> None:
        """Note that one of these addresses can be given again."""
        if self._avoids_buggy and is_buggy(value, self._family):
            return
        span = self._index_by_start[bisect_right(self._starts, value) - 1]
        if (span, value) < (self._at, self._next) and value not in self._waiting:
            self._waiting.add(value)
            heappush(self._behind, (span, value))
