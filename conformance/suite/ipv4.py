"""IPv4 packets in captured frames: to whom they went, how far they may still go, and what ICMP says of others.

Source: RFC 791 section 3.1, RFC 792, RFC 1191 section 4 (the next hop's MTU).

Pure.
"""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from conformance.suite.checksum import internet
from conformance.suite.history import Event, History

ICMP: Final = 1
TCP: Final = 6
ECHO_REPLY: Final = 0
UNREACHABLE: Final = 3
ECHO: Final = 8
TIME_EXCEEDED: Final = 11
FRAGMENTATION_NEEDED: Final = (UNREACHABLE, 4)
_ETHERNET: Final = 14
_HEADER: Final = 20
_TYPE: Final = b"\x08\x00"
_HEAD: Final = 8
"""Bytes of a payload that tell a packet from others: ports and sequence number, or identifier and sequence number."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet on one link.

    Args:
        t_ns: when the capture saw it.
        observer: the capture that saw it.
        to: MAC that the frame was sent to.
        source: address.
        target: address.
        ttl: how many routers it may still pass.
        protocol: of the payload.
        payload: its first bytes, at least 8.
    """

    t_ns: int
    observer: str
    to: str
    source: IPv4Address
    target: IPv4Address
    ttl: int
    protocol: int
    payload: bytes

    @property
    def icmp(self) -> tuple[int, int] | None:
        """Type and code; None if it is not ICMP."""
        return (self.payload[0], self.payload[1]) if self.protocol == ICMP else None

    @property
    def mtu_bytes(self) -> int:
        """What "fragmentation needed" says of the next link."""
        return int(struct.unpack_from("!H", self.payload, 6)[0])

    @property
    def identity(self) -> tuple[IPv4Address, IPv4Address, int, bytes]:
        """What stays the same on its way, from link to link."""
        return self.source, self.target, self.protocol, self.payload[:_HEAD]

    def __str__(self) -> str:
        what = f"ICMP {self.payload[0]}/{self.payload[1]}" if self.icmp else f"protocol {self.protocol}"
        return f"t={self.t_ns} {self.observer}: {self.source} > {self.target} ttl {self.ttl} to {self.to}: {what}"


def packets(history: History) -> tuple[Packet, ...]:
    """Return the IPv4 packets that the captures saw, in order."""
    return tuple(found for event in history.of("wire", "frame") if (found := _packet(event)))


def _packet(event: Event) -> Packet | None:
    frame = bytes.fromhex(event.data["hex"])
    if frame[12:_ETHERNET] != _TYPE or len(frame) < _ETHERNET + _HEADER:
        return None
    begin = _ETHERNET + (frame[_ETHERNET] & 0x0F) * 4
    if len(frame) < begin + _HEAD:
        return None
    return Packet(
        t_ns=event.t_ns,
        observer=str(event.data["observer"]),
        to=frame[:6].hex(":"),
        source=IPv4Address(frame[26:30]),
        target=IPv4Address(frame[30:34]),
        ttl=frame[22],
        protocol=frame[23],
        payload=frame[begin:],
    )


def echo(identifier: int, data: bytes) -> bytes:
    """Write an echo request, from the type on.

    Args:
        identifier: 16 bits, of who asks.
        data: comes back in the reply.
    """
    blank = struct.pack("!BBHHH", ECHO, 0, 0, identifier, 0) + data
    return blank[:2] + struct.pack("!H", internet(blank)) + blank[4:]


def is_reply(packet: bytes, identifier: int, data: bytes) -> bool:
    """Say whether a packet, from its IPv4 header on, is the reply to an echo request."""
    message = packet[(packet[0] & 0x0F) * 4 :] if packet else b""
    is_ours = len(message) >= _HEAD and struct.unpack_from("!H", message, 4)[0] == identifier
    return is_ours and message[0] == ECHO_REPLY and message[8:] == data
