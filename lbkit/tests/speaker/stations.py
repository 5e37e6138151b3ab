"""Stations that hear each other, with frames in memory and time that stands still until it is moved.

Pure.
"""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address

from lbkit.announcer.desired import Interface
from lbkit.announcer.election.events import Candidates, CandidatesChanged
from lbkit.model.views import IPAddress
from lbkit.packet import datagram, heartbeat, resolution
from lbkit.packet.arp import Arp, Operation
from lbkit.packet.drop import Drop, DropReason
from lbkit.packet.ethernet import BROADCAST
from lbkit.packet.heartbeat import Heartbeat, Keyring
from lbkit.packet.resolution import Packet
from lbkit.speaker.station import NodeWide, Station

KEYRING = Keyring(bytes(8), {1: b"k" * 32}, 1)
VIP, VIP6 = IPv4Address("192.0.2.10"), IPv6Address("2001:db8::a")
STRANGER = bytes.fromhex("0200000000aa")
STRANGER_IP = IPv4Address("192.0.2.1")
READY_S = 1.6
STEP_S = 0.005


class Segment:
    """Stations that hear each other, and all that was sent."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.reading_s = 0.0
        self.stations: dict[str, Station] = {}
        self.deaf: set[str] = set()
        self.frames: list[bytes] = []
        self._waiting: list[tuple[str, bytes]] = []

    def add(
        self,
        name: str,
        *,
        addresses: tuple[IPAddress, ...] = (VIP,),
        nodes: tuple[str, ...] = ("a", "b"),
        keyring: Keyring = KEYRING,
        own: str = "",
    ) -> Station:
        """Put a node on the segment."""
        number = len(self.stations) + 1
        own_address = ip_address(own) if own else IPv4Address(f"192.0.2.{number + 200}")
        mac = bytes((2, 0, 0, 0, 0, number))
        interface = Interface("eth0", 2, mac, frozenset({4, 6}), (own_address, IPv6Address(f"fe80::{number}")))
        station = self.stations[name] = Station(
            name,
            interface,
            number,
            keyring,
            send=lambda frame: self._send(name, frame),
            clock=self._clock,
            jitter=lambda: 0.0,
            shared=NodeWide(),
        )
        station.give(CandidatesChanged(dict.fromkeys(addresses, Candidates(dict.fromkeys(nodes)))))
        return station

    def run(self, length_s: float) -> None:
        """Let time pass."""
        until_s = self.now_s + length_s
        while self.now_s < until_s:
            self.now_s += STEP_S
            waiting, self._waiting = self._waiting, []
            for sender, frame in waiting:
                for name, station in self.stations.items():
                    if name != sender and name not in self.deaf:
                        station.on_frame(frame)
            for station in self.stations.values():
                if self.now_s >= station.wake_s:
                    station.tick()

    def _clock(self) -> float:
        self.now_s += self.reading_s
        return self.now_s

    def _send(self, name: str, frame: bytes) -> bool:
        self.frames.append(frame)
        self._waiting.append((name, frame))
        return True

    def ask(self, station: Station, packet: Packet) -> list[Packet]:
        """Let a station hear one frame; give what it sends to that, heartbeats left out."""
        self.frames.clear()
        station.on_frame(resolution.encode(packet))
        return self.sent()

    def sent(self) -> list[Packet]:
        """List the ARP and NDP frames that were sent."""
        decoded = [resolution.decode(frame) for frame in self.frames]
        return [each for each in decoded if not isinstance(each, Drop)]

    def beats(self) -> list[Heartbeat]:
        """List the heartbeats that were sent."""
        received = [datagram.decode(frame) for frame in self.frames]
        decoded = [heartbeat.decode(each[1], KEYRING) for each in received if not isinstance(each, Drop)]
        return [each for each in decoded if not isinstance(each, Drop)]


def counts(station: Station, reason: DropReason) -> int:
    """Say how often a station dropped a frame for a reason."""
    return station.shared.counts.drops[reason]


def alone(*addresses: IPAddress) -> tuple[Segment, Station]:
    """Make a station that is alone and answers."""
    segment = Segment()
    station = segment.add("a", addresses=addresses or (VIP,))
    segment.run(READY_S)
    return segment, station


def question(address: IPv4Address = VIP, **fields: object) -> Arp:
    """Ask for an address."""
    made = Arp(BROADCAST, STRANGER, Operation.REQUEST, STRANGER, STRANGER_IP, bytes(6), address)
    return replace(made, **fields)  # type: ignore[arg-type]  # tests name any field
