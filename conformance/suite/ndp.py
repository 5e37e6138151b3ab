"""NDP as the judge reads and asks it: its own small codec, so that it shares no bug with what it judges.

Source: RFC 4861 sections 4.3, 4.4 and 4.6.1 (packet format), RFC 4291 section 2.7.1 (solicited-node group), RFC 2464
section 7 (Ethernet address of a group), RFC 8200 section 8.1 (checksum).

Pure.
"""

import struct
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final

from conformance.suite.checksum import internet

ETHERTYPE: Final = 0x86DD
SOLICITATION: Final = 135
ADVERTISEMENT: Final = 136
_ICMPV6: Final = 58
_HOP_LIMIT: Final = 255
SOLICITED: Final = 0x40
OVERRIDE: Final = 0x20
"""Flags of an advertisement, in the first byte after the checksum (RFC 4861 section 4.4)."""
UNSPECIFIED: Final = IPv6Address("::")
ALL_NODES: Final = IPv6Address("ff02::1")
ALL_NODES_MAC: Final = "33:33:00:00:00:01"
_LAYOUT: Final = struct.Struct("!6s6sH IHBB16s16s BBHI16s")
_BODY_AT: Final = 14 + 40
"""Where ICMPv6 begins in a frame."""


@dataclass(frozen=True, slots=True)
class NdpFrame:
    """One Neighbor Solicitation or Advertisement and the Ethernet header that carried it.

    Args:
        destination: Ethernet destination.
        source: Ethernet source.
        kind: 135 solicitation, 136 advertisement.
        source_ip: of the IPv6 header.
        destination_ip: of the IPv6 header.
        target: who is asked for, or told of.
        mac: what the packet says of the target's (or, in a solicitation, the sender's) link-layer address; "" if it
            says nothing.
        flags: of an advertisement; 0 in a solicitation.
    """

    destination: str
    source: str
    kind: int
    source_ip: IPv6Address
    destination_ip: IPv6Address
    target: IPv6Address
    mac: str
    flags: int = 0

    @property
    def is_solicited(self) -> bool:
        """It answers a question (S flag)."""
        return bool(self.flags & SOLICITED)

    @property
    def is_override(self) -> bool:
        """It replaces what the receiver knows (O flag)."""
        return bool(self.flags & OVERRIDE)


def decode(frame: bytes) -> NdpFrame | None:
    """Read an Ethernet frame as a Neighbor Solicitation or Advertisement.

    Args:
        frame: from the destination MAC on.

    Returns:
        The packet; None if it is anything else, too short to be one, or one that RFC 4861 section 7.1 has nodes ignore
        (forwarded, or with a wrong checksum).
    """
    if len(frame) < _LAYOUT.size:
        return None
    dst, src, ethertype, word, length, header, hops, source, destination, kind, _, _, flags, target = (
        _LAYOUT.unpack_from(frame)
    )
    if (ethertype, word >> 28, header, hops) != (ETHERTYPE, 6, _ICMPV6, _HOP_LIMIT):
        return None
    body = frame[_BODY_AT : _BODY_AT + length]
    if kind not in {SOLICITATION, ADVERTISEMENT} or _checksum(source, destination, body):
        return None
    return NdpFrame(
        destination=dst.hex(":"),
        source=src.hex(":"),
        kind=kind,
        source_ip=IPv6Address(source),
        destination_ip=IPv6Address(destination),
        target=IPv6Address(target),
        mac=_link_layer_address(body[24:], 1 if kind == SOLICITATION else 2),
        flags=flags >> 24 if kind == ADVERTISEMENT else 0,
    )


def encode(packet: NdpFrame) -> bytes:
    """Write a solicitation or advertisement with its headers."""
    option = bytes([1 if packet.kind == SOLICITATION else 2, 1]) + _raw(packet.mac) if packet.mac else b""
    source, destination = packet.source_ip.packed, packet.destination_ip.packed
    body = struct.pack("!BBHI16s", packet.kind, 0, 0, packet.flags << 24, packet.target.packed) + option
    body = body[:2] + struct.pack("!H", _checksum(source, destination, body)) + body[4:]
    header = struct.pack("!IHBB16s16s", 6 << 28, len(body), _ICMPV6, _HOP_LIMIT, source, destination)
    return _raw(packet.destination) + _raw(packet.source) + struct.pack("!H", ETHERTYPE) + header + body


def question(target: IPv6Address, mac: str, sender: IPv6Address) -> bytes:
    """Write a solicitation to the target's solicited-node group.

    Args:
        target: the address asked for.
        mac: the asker's own.
        sender: the asker's address; `::` makes it a probe, which tells of no MAC (RFC 4862 section 5.4.2).
    """
    group = IPv6Address(int(IPv6Address("ff02::1:ff00:0")) | int(target) & 0xFFFFFF)
    to = (b"\x33\x33" + group.packed[12:]).hex(":")
    told = "" if sender == UNSPECIFIED else mac
    return encode(NdpFrame(to, mac, SOLICITATION, sender, group, target, told))


def _link_layer_address(options: bytes, wanted: int) -> str:
    while len(options) >= 8 and options[1]:
        if options[0] == wanted:
            return options[2:8].hex(":")
        options = options[8 * options[1] :]
    return ""


def _checksum(source: bytes, destination: bytes, body: bytes) -> int:
    """Compute what makes a packet right where its checksum is zero; 0 for one that is right as it is."""
    return internet(source + destination + struct.pack("!II", len(body), _ICMPV6) + body)


def _raw(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))
