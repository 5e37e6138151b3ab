"""When no connection to an address is under way: then it goes to another station, and nobody notices (rule 9).

Who takes an address over knows nothing of connections that are open, and what comes for them is answered by a reset. A
connection that lasts longer than the wait breaks; one that is short is waited for.

Pure.
"""

from collections.abc import Sequence
from math import inf
from typing import Final

from lbkit.announcer.election.events import Stream
from lbkit.announcer.election.mine import Mine
from lbkit.announcer.election.peers import Peers
from lbkit.announcer.election.rivals import Rival
from lbkit.announcer.election.timing import Timing
from lbkit.model.views import IPAddress

MOST_OPEN: Final = 4096
"""Connections of an address that are told apart; where there are more, no pause is seen, and the wait is whole."""
_OTHERS: Final = b""


class Pauses:
    """The connections to what is held here, while it is given away on purpose.

    Attributes:
        is_draining: everything is given away.
        is_settled: this station hears, and has for a while.
    """

    def __init__(self, timing: Timing, peers: Peers) -> None:
        self._timing = timing
        self._peers = peers
        self._begun_s = -inf
        self._open: dict[IPAddress, set[bytes]] = {}
        self._ended_s: dict[IPAddress, float] = {}
        self._until_s: dict[IPAddress, float] = {}
        self.is_draining = False
        self.is_settled = False

    def listen(self, now_s: float) -> None:
        """Begin: connections are told of from now on, for a while."""
        self._begun_s = now_s
        self._open.clear()
        self._ended_s.clear()
        self._until_s.clear()

    def take(self, stream: Stream, now_s: float) -> bool:
        """Take in that a connection begins or ends; return whether that was the last that was open to its address."""
        flows = self._open.setdefault(stream.address, set())
        if stream.is_open:
            flows.add(stream.flow if len(flows) < MOST_OPEN else _OTHERS)
            return False
        is_last = flows == {stream.flow}
        flows.discard(stream.flow)
        if is_last:
            self._ended_s[stream.address] = now_s
        return is_last

    def heir(self, address: IPAddress, mine: Mine, rival: Rival) -> bytes:
        """Name the hardware address that the segment is to be told of, where an address is given away amid connections.

        The claimant tells it, too, when it has heard of it; until then the next connection may have begun here.
        """
        is_given = self.is_draining or mine.offered_s > -inf
        return rival.peer.mac if is_given and rival.peer is not None and self._open.get(address) is not None else b""

    def wait_s(
        self, address: IPAddress, mine: Mine, rival: Rival, rivals: Sequence[Rival], now_s: float
    ) -> float | None:
        """Say until when an address is kept that another claims; None if it is given up now.

        It is kept only where all who claim it wait for our word: as we want it to be taken, and each of them has known
        without a break that we are alive.

        Args:
            address: that is held and answered for.
            mine: how.
            rival: whose claim is the best.
            rivals: all who claim it.
            now_s: the time.
        """
        is_given = self.is_draining or mine.offered_s > -inf
        are_waiting = rival.peer is not None and all(
            each.peer is not None and self._peers.is_steady(each.peer, now_s) for each in rivals
        )
        is_listening = now_s < self._begun_s + self._timing.listen_s
        if not (is_given and are_waiting and is_listening and self.is_settled and mine.is_answering):
            return None
        until_s = self._until_s.setdefault(address, now_s + self._timing.pause_s)
        known_s = self._begun_s + self._timing.settle_s
        if now_s >= until_s or mine.is_doubtful:
            return None
        if now_s < known_s:
            return min(known_s, until_s)
        if address not in self._open:
            return None
        # Who connects again and again does so some time after the last connection, and not at any time.
        has_ended = now_s <= self._ended_s.get(address, -inf) + self._timing.late_s / 10
        return None if has_ended and not self._open[address] else until_s
