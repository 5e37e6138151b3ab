"""Neighbor Solicitations and Advertisements of IPv6 over Ethernet: frames <-> values.

Reading applies every validity rule of RFC 4861 section 7.1, so that a value is always one that a node may act on: hop
limit 255 (it was not forwarded), a right checksum, no option without length. Options that are not known are skipped.
A packet with extension headers is dropped: Neighbor Discovery needs none, and fragments are forbidden (RFC 6980).
Source: RFC 4861 sections 4.3, 4.4, 4.6.1, 7.1; RFC 4291 section 2.7.1 (solicited-node group); RFC 2464 section 7
(Ethernet group address); RFC 8200 section 8.1 (checksum).

Pure.
"""

import struct
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final, TypeAlias

from lbkit.packet import ethernet
from lbkit.packet.checksum import checksum
from lbkit.packet.drop import Drop, DropReason

UNSPECIFIED: Final = IPv6Address(0)
ALL_NODES: Final = IPv6Address("ff02::1")

_SOLICITED_NODE: Final = int(IPv6Address("ff02::1:ff00:0"))
_IPV6: Final = struct.Struct("!IHBB16s16s")
_ICMPV6: Final = struct.Struct("!BBHI16s")
_PSEUDO_HEADER: Final = struct.Struct("!16s16sII")
_NEXT_HEADER_ICMPV6: Final = 58
_HOP_LIMIT: Final = 255
_SOLICITATION: Final = 135
_ADVERTISEMENT: Final = 136
_ROUTER, _SOLICITED, _OVERRIDE = 1 << 31, 1 << 30, 1 << 29
_SOURCE_LINK_LAYER_ADDRESS: Final = 1
_TARGET_LINK_LAYER_ADDRESS: Final = 2
_MULTICAST: Final = 0xFF


@dataclass(frozen=True, slots=True)
class NeighborSolicitation:
    """Asks who has `target`, in its frame; hardware addresses are 6 bytes.

    Args:
        destination: Ethernet destination.
        source: Ethernet source.
        source_ip: unspecified for duplicate address detection (RFC 4862 section 5.4.2).
        source_mac: the source link-layer address option; None where it is not there.
    """

    destination: bytes
    source: bytes
    source_ip: IPv6Address
    destination_ip: IPv6Address
    target: IPv6Address
    source_mac: bytes | None = None


@dataclass(frozen=True, slots=True)
class NeighborAdvertisement:
    """Says where `target` is, in its frame; hardware addresses are 6 bytes.

    Args:
        destination: Ethernet destination.
        source: Ethernet source.
        is_router: the R flag.
        is_solicited: the S flag; never with a group as destination.
        is_override: the O flag: what was known is replaced.
        target_mac: the target link-layer address option; None where it is not there.
    """

    destination: bytes
    source: bytes
    source_ip: IPv6Address
    destination_ip: IPv6Address
    target: IPv6Address
    is_router: bool = False
    is_solicited: bool = False
    is_override: bool = False
    target_mac: bytes | None = None


Ndp: TypeAlias = NeighborSolicitation | NeighborAdvertisement


def solicited_node(address: IPv6Address) -> IPv6Address:
    """Name the group that a node with `address` listens to (RFC 4291 section 2.7.1)."""
    return IPv6Address(_SOLICITED_NODE | int(address) & 0xFFFFFF)


def group_mac(group: IPv6Address) -> bytes:
    """Name the Ethernet address that an IPv6 group is sent to (RFC 2464 section 7)."""
    return b"\x33\x33" + group.packed[12:]


def decode(data: bytes) -> Ndp | Drop:
    """Read one frame; bytes after the IPv6 packet are padding.

    Args:
        data: an Ethernet frame from its destination address on.

    Returns:
        The packet, or a Drop that says what is wrong with it; never raises.
    """
    frame = ethernet.decode(data)
    if isinstance(frame, Drop):
        return frame
    if frame.ethertype != ethernet.ETHERTYPE_IPV6:
        return Drop(DropReason.NOT_NDP)
    if len(frame.payload) < _IPV6.size:
        return Drop(DropReason.TRUNCATED)
    word, length, next_header, hop_limit, source, destination = _IPV6.unpack_from(frame.payload)
    if word >> 28 != 6 or next_header != _NEXT_HEADER_ICMPV6:
        return Drop(DropReason.NOT_NDP)
    body = frame.payload[_IPV6.size : _IPV6.size + length]
    if len(body) < length or length < 4:
        return Drop(DropReason.TRUNCATED)
    if body[0] not in (_SOLICITATION, _ADVERTISEMENT):
        return Drop(DropReason.NOT_NDP)
    if length < _ICMPV6.size:
        return Drop(DropReason.TRUNCATED)
    if hop_limit != _HOP_LIMIT:
        return Drop(DropReason.FORWARDED)
    if _checksum(source, destination, body):
        return Drop(DropReason.BAD_CHECKSUM)
    if body[1] or source[0] == _MULTICAST or body[8] == _MULTICAST:
        return Drop(DropReason.INVALID)
    options = _link_layer_addresses(body[_ICMPV6.size :])
    if isinstance(options, Drop):
        return options
    return _value(frame, IPv6Address(source), IPv6Address(destination), body, options)


def _value(
    frame: ethernet.Frame, source_ip: IPv6Address, destination_ip: IPv6Address, body: bytes, options: dict[int, bytes]
) -> Ndp | Drop:
    """Apply the rules that tell the two types apart."""
    kind, _, _, flags, packed = _ICMPV6.unpack_from(body)
    target = IPv6Address(packed)
    if kind == _SOLICITATION:
        source_mac = options.get(_SOURCE_LINK_LAYER_ADDRESS)
        is_solicited_node = int(destination_ip) & ~0xFFFFFF == _SOLICITED_NODE
        if source_ip == UNSPECIFIED and (source_mac is not None or not is_solicited_node):
            return Drop(DropReason.INVALID)
        return NeighborSolicitation(frame.destination, frame.source, source_ip, destination_ip, target, source_mac)
    if destination_ip.is_multicast and flags & _SOLICITED:
        return Drop(DropReason.INVALID)
    return NeighborAdvertisement(
        frame.destination,
        frame.source,
        source_ip,
        destination_ip,
        target,
        bool(flags & _ROUTER),
        bool(flags & _SOLICITED),
        bool(flags & _OVERRIDE),
        options.get(_TARGET_LINK_LAYER_ADDRESS),
    )


def _link_layer_addresses(data: bytes) -> dict[int, bytes] | Drop:
    """Read {option type: hardware address} of the options that hold one; the first of each type counts."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            return Drop(DropReason.TRUNCATED)
        kind, size = data[at], data[at + 1] * 8
        if not size:
            return Drop(DropReason.INVALID)  # RFC 4861 section 4.6: "Nodes MUST silently discard"
        if at + size > len(data):
            return Drop(DropReason.TRUNCATED)
        if kind in (_SOURCE_LINK_LAYER_ADDRESS, _TARGET_LINK_LAYER_ADDRESS):
            if size != 8:
                return Drop(DropReason.INVALID)  # longer addresses are not Ethernet's
            found.setdefault(kind, data[at + 2 : at + 8])
        at += size
    return found


def encode(packet: Ndp) -> bytes:
    """Write one frame: 14 bytes of Ethernet header, 40 of IPv6, 24 or 32 of ICMPv6."""
    match packet:
        case NeighborSolicitation():
            kind, flags, option, mac = _SOLICITATION, 0, _SOURCE_LINK_LAYER_ADDRESS, packet.source_mac
        case NeighborAdvertisement():
            flags = _ROUTER * packet.is_router | _SOLICITED * packet.is_solicited | _OVERRIDE * packet.is_override
            kind, option, mac = _ADVERTISEMENT, _TARGET_LINK_LAYER_ADDRESS, packet.target_mac
    options = b"" if mac is None else bytes((option, 1)) + mac
    source, destination, target = packet.source_ip.packed, packet.destination_ip.packed, packet.target.packed
    total = _checksum(source, destination, _ICMPV6.pack(kind, 0, 0, flags, target) + options)
    body = _ICMPV6.pack(kind, 0, total, flags, target) + options
    header = _IPV6.pack(6 << 28, len(body), _NEXT_HEADER_ICMPV6, _HOP_LIMIT, source, destination)
    return ethernet.encode(ethernet.Frame(packet.destination, packet.source, ethernet.ETHERTYPE_IPV6, header + body))


def _checksum(source: bytes, destination: bytes, body: bytes) -> int:
    """Sum up the pseudo-header and `body`, as ICMPv6 does."""
    return checksum(_PSEUDO_HEADER.pack(source, destination, len(body), _NEXT_HEADER_ICMPV6) + body)
