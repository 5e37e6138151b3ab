"""What the other stations hold, address by address, and who of them has the better claim.

Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from lbkit.announcer.election.peers import Peer, Peers
from lbkit.announcer.election.timing import Timing
from lbkit.announcer.ownership import rank
from lbkit.model.views import IPAddress
from lbkit.packet.heartbeat import Change, Holding, Objection

MOST_OBJECTIONS: Final = 400
"""Sent at once."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A claim of another station to an address.

    Args:
        order: from `order`; of two claims the lesser is better.
        peer: None if it was only told of by an objection.
    """

    order: tuple[int, bytes, str]
    holding: Holding
    peer: Peer | None

    @property
    def term(self) -> int:
        """The claim's term."""
        return -self.order[0]

    @property
    def is_willing(self) -> bool:
        """Whether the station wants another to take the address."""
        return self.holding is Holding.OFFERED or (self.peer is not None and self.peer.is_draining)


@dataclass(frozen=True, slots=True)
class _Relayed:
    """What an objection said.

    Args:
        reported: the version of what that station holds, as others said then.
        until_s: how long it is believed at least.
    """

    station: bytes
    term: int
    reported: int
    until_s: float


def order(address: IPAddress, term: int, node: str, interface: str) -> tuple[int, bytes, str]:
    """Order claims to one address: of two the lesser is better (rule 5)."""
    return -term, rank(address, node), interface


class Rivals:
    """The claims of all other stations of one segment."""

    def __init__(self, timing: Timing, peers: Peers) -> None:
        self._timing = timing
        self._peers = peers
        self._holders: dict[IPAddress, set[bytes]] = {}
        self._relayed: dict[IPAddress, _Relayed] = {}
        self._disputed: dict[IPAddress, float] = {}
        self._is_news = False

    def changed(self, peer: Peer, addresses: Iterable[IPAddress], changes: Iterable[Change], now_s: float) -> None:
        """Take in that a station holds some addresses otherwise than before.

        Args:
            peer: the station; its replica is up to date already.
            addresses: those that are held otherwise.
            changes: what was told.
            now_s: the time.
        """
        for address in addresses:
            if address in peer.replica.held:
                self._holders.setdefault(address, set()).add(peer.station)
            else:
                self._discard(address, peer)
        self._dispute((each.address for each in changes if each.holding is not Holding.RELEASED), now_s)

    def look_again(self, peer: Peer, now_s: float) -> None:
        """Take in that what a station holds may count where it did not: it hears again, or is back."""
        self._dispute(peer.replica.held, now_s)

    def forget(self, peer: Peer) -> None:
        """Forget what a station holds, as it started anew."""
        for address in peer.replica.held:
            self._discard(address, peer)

    def told(self, objection: Objection, now_s: float) -> None:
        """Take in that a station which is perhaps not heard holds an address."""
        peer = self._peers.get(objection.station)
        self._relayed[objection.address] = _Relayed(
            objection.station,
            objection.term,
            0 if peer is None else peer.reported,
            now_s + self._timing.relay_s,
        )

    def told_of(self, peer: Peer) -> list[IPAddress]:
        """List what a station holds as others told of it."""
        return [address for address, relayed in self._relayed.items() if relayed.station == peer.station]

    def current(self, address: IPAddress, now_s: float) -> list[Rival]:
        """List the claims that count, of stations alive that can answer."""
        found = []
        for station in self._holders.get(address, ()):
            peer = self._peers.get(station)
            if peer is None or peer.is_gone or peer.hears_nothing or not self._peers.is_current(peer, now_s):
                continue
            held = peer.replica.held[address]
            found.append(Rival(order(address, held.term, peer.node, peer.interface), held.holding, peer))
        return found

    def is_held_by_the_deaf(self, address: IPAddress) -> bool:
        """Whether a station alive holds an address that says it hears nothing."""
        holders = (self._peers.get(station) for station in self._holders.get(address, ()))
        return any(peer is not None and not peer.is_gone and peer.hears_nothing for peer in holders)

    def best(self, address: IPAddress, now_s: float) -> Rival | None:
        """Find the best claim, heard or told of; None if the address is free."""
        best = min(self.current(address, now_s), key=lambda each: each.order, default=None)
        relayed = self._relayed.get(address)
        if relayed is None:
            return best
        if not self._is_believed(relayed, now_s):
            del self._relayed[address]
        elif best is None or relayed.term > best.term:
            # Who objected knew both claims, so that this one wins where terms are equal.
            return Rival((-relayed.term, b"", ""), Holding.HELD, None)
        return best

    def _is_believed(self, relayed: _Relayed, now_s: float) -> bool:
        """Whether what was told of a station may still be so: it is alive, not heard, and changed nothing since.

        Nor is it believed of one of which we hear that it hears nothing; who objected may not know that (rule 8).
        """
        peer = self._peers.get(relayed.station)
        if peer is None:
            return now_s < relayed.until_s
        if peer.is_gone or self._peers.is_understood(peer, now_s):
            return False
        if peer.hears_nothing and now_s < peer.heard_s + self._timing.gone_s:
            return False
        return now_s < relayed.until_s or peer.reported == relayed.reported

    @property
    def has_objections(self) -> bool:
        """Whether there is one that was not sent yet."""
        return self._is_news

    def objections(self, now_s: float) -> tuple[Objection, ...]:
        """Give the objections to be sent now.

        They go with each heartbeat as long as two claim an address, so that nobody has our word for a claim without
        our objection to it. Where one wants another to take the address, and one who knows of its claim does (so with a
        higher term), it is given the time to hear of that.
        """
        self._is_news = False
        found: list[Objection] = []
        for address, since_s in list(self._disputed.items()):
            current = self.current(address, now_s)
            if len(current) < 2:
                del self._disputed[address]
                continue
            best = min(current, key=lambda each: each.order)
            is_hand_over = any(each.is_willing and each.term < best.term for each in current)
            if best.peer is not None and (not is_hand_over or now_s >= since_s + self._timing.beat_s):
                found.append(Objection(address, best.peer.station, best.term))
        return tuple(found[:MOST_OBJECTIONS])

    def _dispute(self, addresses: Iterable[IPAddress], now_s: float) -> None:
        """Note which of some addresses are claimed twice."""
        for address in addresses:
            if len(self._holders.get(address, ())) < 2 or address in self._disputed:
                continue
            if len(self.current(address, now_s)) > 1:
                self._disputed[address] = now_s
                self._is_news = True

    def _discard(self, address: IPAddress, peer: Peer) -> None:
        holders = self._holders.get(address)
        if holders is not None:
            holders.discard(peer.station)
            if not holders:
                del self._holders[address]
