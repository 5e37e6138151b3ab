"""What the speaker knows of its process on the wire, and what it has it do.

Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from lbkit.announcer.desired import Desired, Interface
from lbkit.model.segment_key import SEGMENT_SECRET, SegmentKeys
from lbkit.model.views import IPAddress, Node
from lbkit.packet.heartbeat import Phase
from lbkit.speaker.counted import Counters
from lbkit.speaker.orders import Keys, Orders, Other, Report, place_of, rules_of

STRANGER_S: Final = 75.0
"""How long a host outside the cluster is remembered that has an address of ours; it is asked again every 30 s."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """A host outside the cluster that has an address of ours.

    Args:
        mac: its hardware address, 6 bytes.
        is_held: we answer for the address, too; else it is left to that host.
        seen_s: when it was met last; Unix time.
    """

    interface: str
    mac: bytes
    is_held: bool
    seen_s: float


@dataclass(frozen=True, slots=True)
class Ownership:
    """An address that this node answers for on one interface.

    Args:
        since_s: Unix time.
    """

    term: int
    since_s: float


class Segments:
    """The layer-2 side of the speaker: reports in, orders out.

    Args:
        k8s_node: this node's name.
        counters: where to count what happens on the wire.
    """

    def __init__(self, k8s_node: str, counters: Counters) -> None:
        self._me = k8s_node
        self._counters = counters
        self._keys: Keys | None = None
        self._phases: Mapping[str, int] = {}
        self._trouble = "not started yet"
        self._wanted: frozenset[str] = frozenset()
        self._is_informed = True
        self._is_leaving = False
        self._is_draining = False
        self._rebalance: str | None = None
        self._rebalances = 0
        self.held: dict[tuple[IPAddress, str], Ownership] = {}
        """{(address, interface): since when, and with which term}."""
        self.others: tuple[Other, ...] = ()
        self.strangers: dict[IPAddress, Stranger] = {}
        self.met: list[IPAddress] = []
        """Addresses that a stranger was met for who was not known yet; for the caller to take."""
        self._is_handed_over = False

    @property
    def has_left(self) -> bool:
        """Whether there is nothing to wait for before this process ends."""
        return self._is_leaving and (self._is_handed_over or not self.held or bool(self._trouble))

    @property
    def owned(self) -> dict[IPAddress, frozenset[str]]:
        """{address: names of the interfaces on which this node answers for it}."""
        found: dict[IPAddress, frozenset[str]] = {}
        for address, interface in self.held:
            found[address] = found.get(address, frozenset()) | {interface}
        return found

    @property
    def alive(self) -> frozenset[str]:
        """Names of the other nodes that are heard on any segment."""
        return frozenset(each.node for each in self.others if each.is_alive)

    def not_ready(self) -> str:
        """Say why this node cannot take addresses over yet; empty if it can."""
        if self._keys is None:
            return f"no Secret {SEGMENT_SECRET} with a key for heartbeats (the controller that leads makes it)"
        if self._trouble:
            return f"process on the wire: {self._trouble}"
        if missing := self._wanted - self._phases.keys():
            return f"interfaces not open (is CAP_NET_RAW missing?): {', '.join(sorted(missing))}"
        if young := [name for name in self._wanted if self._phases[name] != Phase.READY]:
            return f"still listening on: {', '.join(sorted(young))}"
        return ""

    def set_keys(self, known: SegmentKeys) -> bool:
        """Take in the keys of the heartbeats; return whether orders change."""
        keys = Keys(known.cluster, dict(known.keys), known.current)
        is_news, self._keys = keys != self._keys, keys
        return is_news

    def set_informed(self, *, is_informed: bool) -> bool:
        """Take in whether the API server is heard; return whether orders change."""
        is_news, self._is_informed = is_informed != self._is_informed, is_informed
        return is_news

    def set_wishes(self, node: Node) -> None:
        """Take in what is wished of this node; what was wished before this process started is no rebalance."""
        self._is_draining = node.is_draining
        if self._rebalance is not None and node.rebalance not in ("", self._rebalance):
            self._rebalances += 1
        self._rebalance = node.rebalance

    def leave(self) -> None:
        """Give everything to others from now on."""
        self._is_leaving = True

    def fail(self, reason: str) -> bool:
        """Take in that the process ended; return whether this node announced anything."""
        self._trouble, self._phases = reason, {}
        was_announcing = bool(self.held)
        self.held.clear()
        return was_announcing

    def take(self, report: Report, now_s: float) -> bool:
        """Take in what happened on the wire; return whether another decision may come out of it.

        Args:
            report: what the process tells.
            now_s: Unix time.
        """
        self._trouble = ""
        self._is_handed_over = report.is_handed_over
        if report.phases is not None:
            self._phases = report.phases
        if report.others is not None:
            self.others = report.others
        if report.tally is not None:
            self._counters.add(report.tally)
        for each in report.held:
            place = ip_address(each.address), each.interface
            if each.term:
                self._counters.take_overs += 1
                self.held[place] = Ownership(each.term, now_s)
            else:
                self.held.pop(place, None)
        return self._meet(report, now_s) or bool(report.held)

    def _meet(self, report: Report, now_s: float) -> bool:
        """Remember strangers, and forget those who were not met again; return whether anything changes."""
        gone = [address for address, each in self.strangers.items() if now_s > each.seen_s + STRANGER_S]
        for address in gone:
            del self.strangers[address]
        is_news = False
        for met in report.met:
            address = ip_address(met.address)
            known = self.strangers.get(address)
            if known is None or (known.mac, known.is_held) != (met.mac, met.is_held):
                is_news = True
                self.met.append(address)
            self.strangers[address] = Stranger(met.interface, met.mac, met.is_held, now_s)
        return bool(gone) or is_news

    def orders(self, desired: Desired, interfaces: Sequence[Interface], *, is_last: bool = False) -> Orders:
        """Say what the process is to do."""
        self._wanted = desired.stations
        rules, addresses = rules_of(desired.candidates)
        return Orders(
            node=self._me,
            interfaces=tuple(place_of(each) for each in interfaces),
            stations=tuple(sorted(desired.stations)),
            keys=self._keys,
            rules=rules,
            addresses=addresses,
            is_informed=self._is_informed,
            is_draining=self._is_leaving or self._is_draining,
            rebalances=self._rebalances,
            is_leaving=is_last,
        )
