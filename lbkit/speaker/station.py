"""One interface on the wire: heartbeats, answers, probes and announcements, as its `Segment` decides.

Answers do not wait: a frame is decoded, judged and answered in the turn in which it is heard, and whether the answer
may leave is asked last, when it is made already.

Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from math import inf
from typing import Final

from lbkit.announcer.announce import Schedule, gratuitous, probe
from lbkit.announcer.desired import Interface
from lbkit.announcer.election.events import (
    Answer,
    Claimed,
    Conflict,
    Event,
    FamiliesChanged,
    Heard,
    Output,
    Probe,
    Send,
    Silence,
    Stream,
    TellAgain,
    Tick,
    Traffic,
)
from lbkit.announcer.election.segment import Segment
from lbkit.announcer.respond import Reply, claim, respond
from lbkit.model.views import IPAddress
from lbkit.packet import datagram, heartbeat, ndp, resolution, tcp
from lbkit.packet.arp import Arp
from lbkit.packet.drop import Drop, DropReason
from lbkit.packet.ethernet import ETHERTYPE_ARP
from lbkit.packet.heartbeat import Keyring
from lbkit.packet.resolution import Packet
from lbkit.speaker.counted import Counters

DEFEND_S: Final = 10.0
"""DEFEND_INTERVAL of RFC 5227 section 2.4: an address is not defended more often, and by one announcement."""
TRAFFIC_S: Final = 0.01
"""That something is heard is noted no more often: thousands of frames a second say nothing more of it."""
MOST_REPLIES: Final = 1024
"""Questions whose replies are kept; hosts ask the same again and again, and a flood is one question."""
TELL_AGAIN_S: Final = 0.05
"""The segment is corrected no more often; whoever misleads it sends both forms of ARP, at 0, 100 and 600 ms."""
ASK_AGAIN_S: Final = 0.05
"""When an announcement is tried again that may not leave just now."""

_ARP: Final = ETHERTYPE_ARP.to_bytes(2)
_ICMPV6: Final = 58
_UNSPECIFIED: Final = IPv4Address(0)


@dataclass(slots=True)
class NodeWide:
    """What the stations of one node share.

    Args:
        answering: {address: names of the interfaces that answer for it}.
        changes: {(interface, address): its term, or 0 and why it is not answered for any longer}; for the caller to
            take, as are the conflicts.
        version: of `answering`: another one whenever that changes.
    """

    answering: dict[IPAddress, frozenset[str]] = field(default_factory=dict)
    changes: dict[tuple[str, IPAddress], tuple[int, str]] = field(default_factory=dict)
    conflicts: dict[tuple[str, IPAddress], Conflict] = field(default_factory=dict)
    version: int = 0
    counts: Counters = field(default_factory=Counters)

    def add(self, address: IPAddress, interface: str, term: int) -> None:
        """Note that an interface answers for an address."""
        self.version += 1
        self.answering[address] = self.answering.get(address, frozenset()) | {interface}
        self.changes[interface, address] = term, ""

    def remove(self, address: IPAddress, interface: str, why: str) -> None:
        """Note that it does no longer."""
        self.version += 1
        names = self.answering.pop(address, frozenset()) - {interface}
        if names:
            self.answering[address] = names
        self.changes[interface, address] = 0, why


@dataclass(slots=True)
class Hearing:
    """How well another station is heard.

    Args:
        epoch: of its start.
        sequence: the last that was heard.
        lost: heartbeats that are missing between those heard.
        known_after_s: how long after one of ours was sent it said that it had heard it; -1 if it did not yet.
    """

    epoch: int
    sequence: int
    heard: int = 0
    lost: int = 0
    known_after_s: float = -1.0


class Station:
    """One interface on the wire.

    Args:
        node: name of this k8s node.
        interface: the interface.
        epoch: greater than at any earlier start.
        keyring: what heartbeats are made and known by.
        send: sends a frame; returns whether the kernel took it.
        clock: monotonic seconds.
        jitter: -1 to 1, a new value with each call.
        shared: what this station shares with the others of its node.
    """

    def __init__(
        self,
        node: str,
        interface: Interface,
        epoch: int,
        keyring: Keyring,
        *,
        send: Callable[[bytes], bool],
        clock: Callable[[], float],
        jitter: Callable[[], float],
        shared: "NodeWide",
    ) -> None:
        self.interface = interface
        self.keyring = keyring
        self.segment = Segment(node, interface.name, epoch, clock(), speaks_ipv6=6 in interface.families)
        self.hearing: dict[bytes, Hearing] = {}
        self._send = send
        self._clock = clock
        self._jitter = jitter
        self.shared = shared
        self._counts = shared.counts
        self._schedule = Schedule()
        self._defended: dict[IPAddress, float] = {}
        self._corrected: dict[IPAddress, float] = {}
        self._traffic_s = -inf
        self._replies: dict[bytes, tuple[IPAddress, bytes]] = {}
        self._replies_of: tuple[int, int] | None = None
        self._groups: tuple[int, frozenset[IPv6Address]] = 0, frozenset()
        self._source_ip = _source_ip(interface)

    @property
    def wake_s(self) -> float:
        """When `tick` is due."""
        return min(self.segment.wake_s, self._schedule.next_s())

    @property
    def groups(self) -> frozenset[IPv6Address]:
        """The groups in which others ask for what is held here (RFC 4861 section 7.2.1)."""
        version = self.segment.version
        if version != self._groups[0]:
            held = (each for each in self.segment.mine if isinstance(each, IPv6Address))
            self._groups = version, frozenset(ndp.solicited_node(each) for each in held)
        return self._groups[1]

    def use(self, interface: Interface) -> None:
        """Go on with an interface that is not as it was."""
        before, self.interface = self.interface, interface
        self._replies_of = None
        self._source_ip = _source_ip(interface)
        if interface.mac != before.mac:
            for address in self._announced():
                self._schedule.start(address, self._clock())
        if interface.families != before.families:
            self.give(FamiliesChanged(speaks_ipv6=6 in interface.families))

    def give(self, event: Event) -> None:
        """Let something happen, and do what follows."""
        now_s = self._clock()
        self._carry_out(self.segment.take(event, now_s), now_s)

    def tick(self) -> None:
        """Do what time asks for."""
        now_s = self._clock()
        if now_s >= self.segment.wake_s:
            self._carry_out(self.segment.take(Tick(), now_s), now_s)
        self._tell(now_s)

    def on_frame(self, data: bytes) -> None:
        """Take one frame in: a heartbeat, or a question that is answered or not."""
        if data[12:14] == _ARP or (len(data) > 20 and data[20] == _ICMPV6 and data[12:14] == b"\x86\xdd"):
            self._on_resolution(data)
        else:
            self._on_heartbeat(data)

    def on_connection(self, headers: bytes) -> None:
        """Take in that a connection begins or ends, perhaps one to an address that is held here."""
        edge = tcp.decode(headers)
        if isinstance(edge, tcp.Edge) and edge.target in self.segment.mine:
            self.give(Stream(edge.target, edge.flow, edge.is_open))

    def _on_heartbeat(self, data: bytes) -> None:
        received = datagram.decode(data)
        if isinstance(received, Drop):
            self._counts.drops[received.reason] += 1
            return
        mac, payload = received
        beat = heartbeat.decode(payload, self.keyring)
        if isinstance(beat, Drop):
            self._counts.drops[beat.reason] += 1
            self._hear_of(mac)
            return
        self.give(Heard(beat, mac))
        self._listen(beat)

    def _listen(self, beat: heartbeat.Heartbeat) -> None:
        """Note how well its sender is heard."""
        known = self.hearing.get(beat.station)
        if known is None or beat.epoch > known.epoch:
            known = self.hearing[beat.station] = Hearing(beat.epoch, beat.sequence - 1)
        if beat.epoch == known.epoch and beat.sequence > known.sequence:
            known.lost += beat.sequence - known.sequence - 1
            known.sequence = beat.sequence
            known.heard += 1
            peer = self.segment.peers.get(beat.station)
            age_s = self._clock() - peer.acked_s if peer is not None else -1.0
            known.known_after_s = age_s if 0 <= age_s < 1 else -1.0
        for station in [each for each in self.hearing if self.segment.peers.get(each) is None]:
            if station != beat.station:
                del self.hearing[station]

    def _hear_of(self, sender: bytes) -> None:
        """Note that somebody else is heard; no more often than it means anything."""
        if sender != self.interface.mac and (now_s := self._clock()) >= self._traffic_s:
            self._traffic_s = now_s + TRAFFIC_S
            self.give(Traffic())

    def _on_resolution(self, data: bytes) -> None:
        self._hear_of(data[6:12])
        state = self.shared.version, self.segment.version
        if state != self._replies_of:
            self._replies_of = state
            self._replies.clear()
        elif (known := self._replies.get(data)) is not None:
            self._reply(*known)
            return
        packet = resolution.decode(data)
        if isinstance(packet, Drop):
            self._counts.drops[packet.reason] += 1
            return
        is_claim = self._look_for_strangers(packet)
        verdict = respond(packet, self.interface, self.shared.answering)
        match verdict:
            case Reply(answer):
                frame = resolution.encode(answer)
                if not is_claim:
                    if len(self._replies) >= MOST_REPLIES:
                        self._replies.clear()
                    self._replies[data] = verdict.address, frame
                self._reply(verdict.address, frame)
            case Drop(reason):
                self._counts.drops[reason] += 1
                if reason is DropReason.OTHER_INTERFACE:  # counted as a request too, as MetalLB does
                    self._counts.requests[packet.target_ip if isinstance(packet, Arp) else packet.target] += 1

    def _reply(self, address: IPAddress, frame: bytes) -> None:
        """Send an answer if it may leave now, and count it."""
        self._counts.requests[address] += 1
        if not self._may_answer(address):
            self._counts.drops[DropReason.NO_LEASE] += 1
        elif self._sent(frame):
            self._counts.responses[address] += 1

    def _may_answer(self, address: IPAddress) -> bool:
        """Ask whether an answer may leave now; what came due while the question was read is done first."""
        now_s = self._clock()
        if now_s > self.segment.wake_s:
            self.give(Tick())
            now_s = self._clock()
        return self.segment.may_answer(address, now_s)

    def _look_for_strangers(self, packet: Packet) -> bool:
        """Take in who else says that it has an address of ours; return whether the packet says so of any."""
        said = claim(packet, self.interface.mac)
        mine = None if said is None else self.segment.mine.get(said.address)
        if said is None or mine is None:
            return False
        # A probe for what is answered for is a question, and answered; before that, both of us ask.
        if not (said.is_probe and mine.is_answering):
            self.give(Claimed(said.address, said.mac))
        return True

    def _carry_out(self, outputs: tuple[Output, ...], now_s: float) -> None:
        for output in outputs:
            match output:
                case Send(beat):
                    payload = heartbeat.encode(beat, self.keyring)
                    if self._sent(datagram.encode(payload, self.interface.mac, self._source_ip)):
                        self._counts.heartbeats[self.interface.name] += 1
                case Answer(address, term):
                    self.shared.add(address, self.interface.name, term)
                    self._schedule.start(address, now_s)
                case Silence(address, why, heir):
                    if heir:
                        self._announce(address, heir)
                    self.shared.remove(address, self.interface.name, why)
                    self._schedule.stop(address)
                    self._defended.pop(address, None)
                    self._corrected.pop(address, None)
                case Probe(address):
                    self._sent(resolution.encode(probe(address, self.interface.mac)))
                case Conflict():
                    self._meet(output, now_s)
                case TellAgain(address) if now_s >= self._corrected.get(address, 0.0):
                    self._corrected[address] = now_s + TELL_AGAIN_S
                    self._schedule.repeat(address, now_s)
        if outputs:
            self._tell(self._clock())

    def _meet(self, conflict: Conflict, now_s: float) -> None:
        """Count a stranger that has an address of ours; defend what is held."""
        self._counts.conflicts[conflict.address] += 1
        self.shared.conflicts[self.interface.name, conflict.address] = conflict
        if conflict.is_held and now_s >= self._defended.get(conflict.address, 0.0):
            self._defended[conflict.address] = now_s + DEFEND_S
            self._schedule.repeat(conflict.address, now_s)

    def _tell(self, now_s: float) -> None:
        """Announce what is due."""
        for address in self._schedule.take(now_s, self._jitter()):
            if self.segment.is_deaf and self._schedule.is_spare(address):
                continue  # who follows it would not be heard here (election, rule 8)
            if not self.segment.may_answer(address, self._clock()):
                self._schedule.start(address, now_s + ASK_AGAIN_S)
                continue
            self._announce(address, self.interface.mac)

    def _announce(self, address: IPAddress, mac: bytes) -> None:
        """Tell the segment where an address is."""
        for packet in gratuitous(address, mac, self.interface.mac):
            if self._sent(resolution.encode(packet)):
                self._counts.gratuitous[address] += 1

    def _announced(self) -> list[IPAddress]:
        return [address for address, mine in self.segment.mine.items() if mine.is_answering]

    def _sent(self, frame: bytes) -> bool:
        is_sent = self._send(frame)
        self._counts.unsent += not is_sent
        return is_sent


def _source_ip(interface: Interface) -> IPAddress:
    """Choose where heartbeats come from: IPv4 where there is any, else the link-local address."""
    addresses = interface.addresses
    found: Mapping[str, IPAddress | None] = {
        "IPv4": next((each for each in addresses if each.version == 4), None),
        "IPv6": next((each for each in addresses if each.version == 6 and each.is_link_local), None),
    }
    return found["IPv4"] or found["IPv6"] or _UNSPECIFIED
