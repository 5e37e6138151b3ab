"""What a station holds, by version: its own book, and the copies that others keep of it.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lbkit.model.views import IPAddress
from lbkit.packet.heartbeat import Change, Heartbeat, Holding

MOST_RELEASED: Final = 4096
"""How many addresses given up are remembered, for those who did not hear of it; the others hear all there is."""

MOST_EARLY: Final = 256
"""How many pages are kept that came before others."""


@dataclass(frozen=True, slots=True)
class Held:
    """One address in a copy."""

    holding: Holding
    term: int


class Ledger:
    """This station's own book. Each change makes a new version."""

    def __init__(self) -> None:
        self.version = 0
        self._entries: dict[IPAddress, tuple[int, Change]] = {}
        self._released = 0
        self._floor = 0

    def set(self, address: IPAddress, holding: Holding, term: int) -> int:
        """Write down how an address is held now; return the version that made."""
        self.version += 1
        old = self._entries.pop(address, None)
        self._released += (holding is Holding.RELEASED) - (old is not None and old[1].holding is Holding.RELEASED)
        self._entries[address] = (self.version, Change(address, holding, term))
        if self._released > MOST_RELEASED:
            self._forget()
        return self.version

    def since(self, version: int) -> tuple[int, list[tuple[int, Change]]]:
        """List what changed after a version.

        Returns:
            (version after which, [(version, change)] with versions rising). The first is 0, and all that is held is
            listed, if `version` is 0 or too long ago.
        """
        if version < max(1, self._floor):
            return 0, [each for each in self._entries.values() if each[1].holding is not Holding.RELEASED]
        found: list[tuple[int, Change]] = []
        for entry in reversed(self._entries.values()):
            if entry[0] <= version:
                break
            found.append(entry)
        found.reverse()
        return version, found

    def _forget(self) -> None:
        """Forget what was released, and give what is held new versions.

        So all that is listed to whom missed a release is newer than what he knows, and replaces it.
        """
        self._floor = self.version
        held = [change for _, change in self._entries.values() if change.holding is not Holding.RELEASED]
        self._entries.clear()
        self._released = 0
        for change in held:
            self.set(change.address, change.holding, change.term)


class Replica:
    """A copy of another station's book, as far as it was heard."""

    def __init__(self) -> None:
        self.version = 0
        self._held: dict[IPAddress, Held] = {}
        self._early: dict[int, Heartbeat] = {}

    @property
    def held(self) -> Mapping[IPAddress, Held]:
        """{address: how it is held}; what was released is left out."""
        return self._held

    def apply(self, beat: Heartbeat) -> tuple[IPAddress, ...]:
        """Take over the changes of a heartbeat; those that some before them are missing to, when these have come.

        Returns:
            The addresses that may be held otherwise than before.
        """
        touched: dict[IPAddress, None] = {}
        following: Heartbeat | None = beat
        while following is not None and following.base <= self.version < following.top:
            self._apply(following, touched)
            following = self._early.pop(self.version, None)
        if beat.base > self.version and len(self._early) < MOST_EARLY:
            self._early[beat.base] = beat
        elif touched:
            self._early = {base: early for base, early in self._early.items() if base > self.version}
        return tuple(touched)

    def _apply(self, beat: Heartbeat, touched: dict[IPAddress, None]) -> None:
        if beat.base == 0:
            touched.update(dict.fromkeys(self._held))
            self._held.clear()
        for change in beat.changes:
            held = Held(change.holding, change.term)
            if beat.base and self._held.get(change.address) == held:
                continue
            touched[change.address] = None
            if change.holding is Holding.RELEASED:
                self._held.pop(change.address, None)
            else:
                self._held[change.address] = held
        self.version = beat.top
