"""BGP sessions for hand-made histories: OPEN, UPDATE and the rest as captured frames, in whole TCP streams.

Pure.
"""

import struct
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from conformance.selftest.made import PEERING, Made
from conformance.suite.bgp_stream import Kind

ORIGIN_IGP = bytes.fromhex("400101") + b"\0"
SHUTDOWN = 65535 << 16


def as_path(*asns: int) -> bytes:
    """Write an AS_PATH of one sequence."""
    body = bytes([2, len(asns)]) + b"".join(struct.pack("!I", asn) for asn in asns)
    return bytes([0x40, 2, len(body)]) + body


def next_hop(address: str) -> bytes:
    """Write a NEXT_HOP."""
    return bytes.fromhex("400304") + IPv4Address(address).packed


def number(kind: int, value: int) -> bytes:
    """Write an attribute of four octets: MED (4), LOCAL_PREF (5), one community (8)."""
    return bytes([0xC0 if kind == 8 else 0x40, kind, 4]) + struct.pack("!I", value)


def bandwidth(bytes_per_s: float, asn: int = 65200) -> bytes:
    """Write a link-bandwidth extended community."""
    return bytes([0xC0, 16, 8, 0x40, 0x04]) + struct.pack("!Hf", asn, bytes_per_s)


def prefixes(*texts: str) -> bytes:
    """Write NLRI."""
    found = [IPv4Network(text) for text in texts]
    return b"".join(bytes([p.prefixlen]) + p.network_address.packed[: (p.prefixlen + 7) // 8] for p in found)


def update(*advertised: str, withdrawn: tuple[str, ...] = (), attributes: bytes = b"") -> bytes:
    """Write the body of an UPDATE; nothing at all is an End-of-RIB."""
    gone = prefixes(*withdrawn)
    return struct.pack("!H", len(gone)) + gone + struct.pack("!H", len(attributes)) + attributes + prefixes(*advertised)


def plain(node: str, router: str, *advertised: str, more: bytes = b"") -> bytes:
    """Write the body of an UPDATE as a node of the bgp lab would."""
    attributes = ORIGIN_IGP + as_path(65200) + next_hop(PEERING[router, node])
    return update(*advertised, attributes=attributes + more)


def message(kind: int, body: bytes = b"") -> bytes:
    """Write a BGP message."""
    return b"\xff" * 16 + struct.pack("!HB", 19 + len(body), kind) + body


@dataclass
class Talk:
    """The sessions of a history, of which each message is captured on its router."""

    made: Made
    sequence: dict[tuple[str, str], int] = field(default_factory=dict)

    def at(self, now_s: float) -> "Talk":
        """Move the clock."""
        self.made.at(now_s)
        return self

    def mark(self, name: str) -> "Talk":
        """Note a moment."""
        self.made.add("suite", "mark", name=name)
        return self

    def says(self, node: str, router: str, kind: int, body: bytes = b"", *, reply: bool = False) -> "Talk":
        """Let a node say something to a router, or the router to the node."""
        address = PEERING[router, node]
        ends = (address, address[:-1] + "0")
        sender, receiver = reversed(ends) if reply else ends
        return self.bytes(sender, receiver, router, message(kind, body))

    def update(self, node: str, router: str, body: bytes) -> "Talk":
        """Let a node send an UPDATE."""
        return self.says(node, router, Kind.UPDATE, body)

    def bytes(self, sender: str, receiver: str, observer: str, data: bytes) -> "Talk":
        """Capture one segment of a stream."""
        key = sender, receiver
        at = self.sequence.get(key, 1000)
        self.sequence[key] = at + len(data)
        self.made.add("wire", "frame", observer=observer, hex=segment(sender, receiver, at, data).hex())
        return self


def segment(sender: str, receiver: str, at: int, data: bytes, *, flags: int = 0x18, port: int = 40000) -> bytes:
    """Write an Ethernet frame with a TCP segment, to port 179 from the one with the higher address, and its port."""
    ports = (port, 179) if IPv4Address(sender) > IPv4Address(receiver) else (179, port)
    tcp = struct.pack("!HHIIBBHHH", *ports, at, 0, 5 << 4, flags, 0, 0, 0) + data
    addresses = IPv4Address(sender).packed + IPv4Address(receiver).packed
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + addresses
    return bytes(12) + b"\x08\x00" + ip + tcp
