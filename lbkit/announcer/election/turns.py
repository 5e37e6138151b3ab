"""Whose turn it is: which stations suit an address better than this one, and how long they are waited for (rule 3).

Pure.
"""

from lbkit.announcer.election.events import Candidates
from lbkit.announcer.election.peers import Peer, Peers
from lbkit.announcer.election.rivals import Rival
from lbkit.announcer.election.timing import Timing
from lbkit.announcer.ownership import rank
from lbkit.model.views import IPAddress
from lbkit.packet.heartbeat import Phase


class Turns:
    """The turns of one station.

    Args:
        node: its k8s node.
        interface: and its interface.
    """

    def __init__(self, node: str, interface: str, timing: Timing, peers: Peers) -> None:
        self._node = node
        self._interface = interface
        self._timing = timing
        self._peers = peers
        self._able: dict[int, list[Peer]] = {}

    def look_anew(self) -> None:
        """Forget who is able; they are looked for once in a turn of the loop."""
        self._able.clear()

    def has_successor(self, address: IPAddress, candidates: Candidates) -> bool:
        """Whether some other station alive may take an address over."""
        return any(
            peer.is_suitable and candidates.allows(peer.node, peer.interface) and _speaks(peer, address)
            for peer in self._peers
        )

    def wait_s(self, address: IPAddress, candidates: Candidates, rival: Rival | None, *, is_first: bool) -> float:
        """Say how long this station leaves an address to those that suit it better.

        Args:
            address: that may be claimed.
            candidates: for it.
            rival: who holds it and is not to.
            is_first: nobody ever held it here.
        """
        timing, better = self._timing, self.better(address, candidates, rival)
        if is_first and any(peer.phase is not Phase.READY for peer in better):
            return 2 * timing.gone_s  # all nodes start together, and none is to hold everything then
        stagger_s = timing.first_stagger_s if is_first else timing.stagger_s
        return stagger_s * sum(peer.phase is Phase.READY for peer in better)

    def better(self, address: IPAddress, candidates: Candidates, rival: Rival | None) -> list[Peer]:
        """List the stations alive that suit an address better than this one, those that are starting included."""
        able = self._able.get(id(candidates))
        if able is None:
            able = self._able[id(candidates)] = [
                peer for peer in self._peers if peer.is_suitable and candidates.allows(peer.node, peer.interface)
            ]
        weights, reluctant = candidates.weights, candidates.reluctant

        def suits(node: str, interface: str) -> tuple[bool, int, bytes, str]:
            return node in reluctant, -weights.get(node, 0), rank(address, node), interface

        me = suits(self._node, self._interface)
        return [
            peer
            for peer in able
            if (rival is None or peer is not rival.peer)
            and _speaks(peer, address)
            and suits(peer.node, peer.interface) < me
        ]


def _speaks(peer: Peer, address: IPAddress) -> bool:
    return peer.speaks_ipv6 or address.version == 4
