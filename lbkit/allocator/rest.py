"""Addresses that rest: given back a short while ago, and not for everybody yet.

Clients and caches still know whose an address was, so a pool may ask that it waits before it is another's. Who held it
last may have it back at any time.

Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

from lbkit.model.addresses import family
from lbkit.model.views import Family, IPAddress, Key


@dataclass(frozen=True, slots=True)
class Rest:
    """One address that rests.

    Args:
        holder: who held it last.
        until_s: when it is everybody's again, in seconds since 1970-01-01 UTC.
    """

    address: IPAddress
    holder: Key
    until_s: float


class Resting:
    """All that rest, by address, by last holder, and by end.

    Attributes:
        by_value: by family, then by the address as an integer; to be read only.
    """

    def __init__(self) -> None:
        self.by_value: dict[Family, dict[int, Rest]] = {4: {}, 6: {}}
        self._by_holder: dict[Key, dict[IPAddress, Rest]] = {}
        self._ends: list[tuple[float, int, Rest]] = []  # heap of (end, serial, rest); rests of before stay in it
        self._serial = 0

    def __iter__(self) -> Iterator[Rest]:
        for rests in self.by_value.values():
            yield from rests.values()

    def get(self, address: IPAddress) -> Rest | None:
        """Give the rest of an address; None if it does not rest."""
        return self.by_value[family(address)].get(int(address))

    def of(self, holder: Key) -> tuple[Rest, ...]:
        """Give what a Service held last, last given back first."""
        found = self._by_holder.get(holder, {}).values()
        return tuple(sorted(found, key=lambda rest: (-rest.until_s, int(rest.address))))

    def add(self, rest: Rest) -> None:
        """Let an address rest that does not."""
        self.by_value[family(rest.address)][int(rest.address)] = rest
        self._by_holder.setdefault(rest.holder, {})[rest.address] = rest
        self._serial += 1
        heappush(self._ends, (rest.until_s, self._serial, rest))

    def remove(self, address: IPAddress) -> bool:
        """End a rest.

        Returns:
            Whether there was one.
        """
        rest = self.by_value[family(address)].pop(int(address), None)
        if rest is None:
            return False
        of_holder = self._by_holder[rest.holder]
        del of_holder[address]
        if not of_holder:
            del self._by_holder[rest.holder]
        return True

    def next_end_s(self) -> float | None:
        """Say when the next rest ends; None if nothing rests."""
        while self._ends:
            until_s, _, rest = self._ends[0]
            if self.get(rest.address) is rest:
                return until_s
            heappop(self._ends)
        return None

    def over(self, now_s: float) -> Iterator[IPAddress]:
        """Give the addresses whose time is over, one by one; each is to be removed before the next is asked for."""
        while (until_s := self.next_end_s()) is not None and until_s <= now_s:
            yield self._ends[0][2].address
