"""BGP messages out of captured frames: TCP segments put in order, and cut where messages begin.

A stream is one direction of one connection, as far as it was captured; bytes that are missing leave the rest of that
stream unread, so that a message is never made of the wrong bytes. A message counts from the moment its last byte was
seen. IPv4 and IPv6.
Source: RFC 9293 section 3.1 (TCP), RFC 4271 section 4.1 (marker, length, type).

Pure.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from ipaddress import ip_address
from typing import Final

from conformance.suite.facts import IPAddress
from conformance.suite.history import History

MARKER: Final = b"\xff" * 16
HEADER: Final = 19
"""Bytes of a message's header."""
_LONGEST: Final = 65535
"""RFC 8654."""
_SYN: Final = 0x02
_MODULUS: Final = 1 << 32
_END_OF_OPTIONS, _NO_OPERATION = 0, 1
_SIGNATURES: Final = (19, 29)
"""Kinds of TCP options: MD5 (RFC 2385), TCP-AO (RFC 5925)."""


class Kind(IntEnum):
    """Type of a message (RFC 4271 section 4.1, RFC 2918)."""

    OPEN = 1
    UPDATE = 2
    NOTIFICATION = 3
    KEEPALIVE = 4
    ROUTE_REFRESH = 5


def encode(kind: Kind, body: bytes = b"") -> bytes:
    """Write one message (RFC 4271 section 4.1)."""
    return MARKER + struct.pack("!HB", HEADER + len(body), kind) + body


@dataclass(frozen=True, slots=True)
class Message:
    """One BGP message.

    Args:
        t_ns: when its last byte was captured.
        sender: IP source address.
        receiver: IP destination address.
        kind: number of its type.
        body: after the header.
    """

    t_ns: int
    sender: IPAddress
    receiver: IPAddress
    kind: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """A TCP segment.

    Args:
        ends: IP source address and port, IP destination address and port.
        number: its sequence number.
        options: of its header, as they are.
    """

    t_ns: int
    ends: tuple[IPAddress, int, IPAddress, int]
    number: int
    is_syn: bool
    data: bytes
    options: bytes = b""

    @property
    def is_signed(self) -> bool:
        """It carries a signature: TCP MD5 (RFC 2385) or TCP-AO (RFC 5925)."""
        rest = self.options
        while rest and rest[0] != _END_OF_OPTIONS:
            if rest[0] in _SIGNATURES:
                return True
            length = 1 if rest[0] == _NO_OPERATION or len(rest) < 2 else max(2, rest[1])
            rest = rest[length:]
        return False


@dataclass
class _Stream:
    """Bytes in order, and those that came too early."""

    sender: IPAddress
    receiver: IPAddress
    expected: int | None = None
    held: bytearray = field(default_factory=bytearray)
    early: dict[int, bytes] = field(default_factory=dict)
    is_lost: bool = False

    def take(self, segment: Segment) -> Iterator[Message]:
        """Take a segment in; give the messages that it completes."""
        if segment.is_syn:
            self.expected, self.is_lost = (segment.number + 1) % _MODULUS, False
            self.held.clear()
            self.early.clear()
            return
        if not segment.data or self.is_lost:
            return
        if self.expected is None:  # the capture began in the middle: at a message, or not at all
            if not segment.data.startswith(MARKER):
                return
            self.expected = segment.number
        self.early[segment.number] = max(segment.data, self.early.get(segment.number, b""), key=len)
        self._join()
        yield from self._cut(segment.t_ns)

    def _join(self) -> None:
        assert self.expected is not None
        moved = True
        while moved:
            moved = False
            for number in sorted(self.early, key=self._ahead):
                ahead = self._ahead(number)
                if ahead > 0:
                    break
                data = self.early.pop(number)
                if len(data) > -ahead:
                    self.held += data[-ahead:]
                    self.expected = (self.expected + len(data) + ahead) % _MODULUS
                    moved = True
                    break

    def _ahead(self, number: int) -> int:
        """How far a segment begins after the next byte wanted; negative for what was seen already."""
        assert self.expected is not None
        distance = (number - self.expected) % _MODULUS
        return distance - _MODULUS if distance >= _MODULUS // 2 else distance

    def _cut(self, t_ns: int) -> Iterator[Message]:
        while len(self.held) >= HEADER:
            length, kind = struct.unpack_from("!HB", self.held, 16)
            if not self.held.startswith(MARKER) or not HEADER <= length <= _LONGEST:
                self.is_lost = True
                self.held.clear()
                return
            if len(self.held) < length:
                return
            yield Message(t_ns, self.sender, self.receiver, kind, bytes(self.held[HEADER:length]))
            del self.held[:length]


def messages(history: History, observer: str = "") -> tuple[Message, ...]:
    """Read all BGP messages that the captures saw, in order.

    Args:
        history: where to look.
        observer: one capture; "" for all.
    """
    streams: dict[tuple[IPAddress, int, IPAddress, int], _Stream] = {}
    found: list[Message] = []
    for event in history.of("wire", "frame"):
        if observer and event.data.get("observer") != observer:
            continue
        heard = segment(bytes.fromhex(event.data["hex"]), event.t_ns)
        if heard is not None:
            stream = streams.setdefault(heard.ends, _Stream(heard.ends[0], heard.ends[2]))
            found += stream.take(heard)
    return tuple(found)


def segment(frame: bytes, t_ns: int) -> Segment | None:
    """Read an Ethernet frame as a TCP segment; None for anything else."""
    if len(frame) < 54:
        return None
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == 0x0800 and frame[23] == 6:
        begin = 14 + (frame[14] & 0x0F) * 4
        sender, receiver = ip_address(frame[26:30]), ip_address(frame[30:34])
        end = 14 + struct.unpack_from("!H", frame, 16)[0]
    elif kind == 0x86DD and frame[20] == 6:
        begin, sender, receiver = 54, ip_address(frame[22:38]), ip_address(frame[38:54])
        end = 54 + struct.unpack_from("!H", frame, 18)[0]
    else:
        return None
    tcp = frame[begin:end]
    if len(tcp) < 20:
        return None
    source, destination, number = struct.unpack_from("!HHI", tcp)
    header = (tcp[12] >> 4) * 4
    ends = (sender, source, receiver, destination)
    return Segment(t_ns, ends, number, bool(tcp[13] & _SYN), tcp[header:], tcp[20:header])
