"""What an UPDATE says: prefixes withdrawn and advertised, and the attributes they have.

Only what checks ask for is read; what is cut off or broken makes the whole message unreadable. AS_PATH has four octets
for each AS, which every speaker of today negotiates (RFC 6793).
Source: RFC 4271 section 4.3 and 5, RFC 1997, RFC 4360, RFC 4724 section 2 (End-of-RIB), RFC 4760 section 3 and 4,
RFC 8092.

Pure.
"""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from conformance.suite.facts import IPAddress, IPNetwork

ORIGIN, AS_PATH, NEXT_HOP, MED, LOCAL_PREF = 1, 2, 3, 4, 5
COMMUNITIES, MP_REACH, MP_UNREACH, EXTENDED, LARGE = 8, 14, 15, 16, 32
_EXTENDED_LENGTH: Final = 0x10
_LINK_BANDWIDTH: Final = 0x04
"""Sub-type of an extended community of type 0x40 or 0x00 (draft-ietf-idr-link-bandwidth)."""
GRACEFUL_SHUTDOWN: Final = 65535 << 16
"""RFC 8326 section 5."""


@dataclass(frozen=True, slots=True)
class Update:
    """One UPDATE.

    Args:
        withdrawn: of either family.
        advertised: of either family.
        next_hop: of what is advertised; None if nothing is.
        origin: 0 IGP, 1 EGP, 2 INCOMPLETE; None where it is missing.
        as_path: AS numbers, in order, sets flattened; None where it is missing.
        med: None where it is missing.
        local_pref: None where it is missing.
        communities: 32-bit values, as sent.
        large: (global, local 1, local 2), as sent.
        bandwidth: bytes per second of a link-bandwidth community; None where it is missing.
        is_end_of_rib: it says only that a family's table is complete.
    """

    withdrawn: tuple[IPNetwork, ...]
    advertised: tuple[IPNetwork, ...]
    next_hop: IPAddress | None
    origin: int | None
    as_path: tuple[int, ...] | None
    med: int | None
    local_pref: int | None
    communities: tuple[int, ...]
    large: tuple[tuple[int, int, int], ...]
    bandwidth: float | None
    is_end_of_rib: bool


def decode(body: bytes) -> Update | None:
    """Read the body of an UPDATE; None if it cannot be read."""
    try:
        withdrawn_bytes = struct.unpack_from("!H", body)[0]
        attributes_bytes = struct.unpack_from("!H", body, 2 + withdrawn_bytes)[0]
        begin = 4 + withdrawn_bytes
        withdrawn = _prefixes(body[2 : 2 + withdrawn_bytes], 4)
        attributes = _attributes(body[begin : begin + attributes_bytes])
        advertised = _prefixes(body[begin + attributes_bytes :], 4)
        next_hop: IPAddress | None = IPv4Address(attributes[NEXT_HOP]) if NEXT_HOP in attributes else None
        if MP_REACH in attributes:
            next_hop, more = _reached(attributes[MP_REACH])
            advertised += more
        if MP_UNREACH in attributes:
            value = attributes[MP_UNREACH]
            withdrawn += _prefixes(value[3:], 6 if value[1] == 2 else 4)
        return _update(attributes, withdrawn, advertised, next_hop)
    except (struct.error, IndexError, ValueError):
        return None


def _update(
    attributes: dict[int, bytes],
    withdrawn: tuple[IPNetwork, ...],
    advertised: tuple[IPNetwork, ...],
    next_hop: IPAddress | None,
) -> Update:
    is_empty = not withdrawn and not advertised and set(attributes) <= {MP_UNREACH}
    large = attributes.get(LARGE, b"")
    return Update(
        withdrawn,
        advertised,
        next_hop,
        attributes[ORIGIN][0] if ORIGIN in attributes else None,
        _as_path(attributes[AS_PATH]) if AS_PATH in attributes else None,
        struct.unpack("!I", attributes[MED])[0] if MED in attributes else None,
        struct.unpack("!I", attributes[LOCAL_PREF])[0] if LOCAL_PREF in attributes else None,
        tuple(value for (value,) in struct.iter_unpack("!I", attributes.get(COMMUNITIES, b""))),
        tuple((a, b, c) for a, b, c in struct.iter_unpack("!III", large)),
        _bandwidth(attributes.get(EXTENDED, b"")),
        is_empty,
    )


def _attributes(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    position = 0
    while position < len(data):
        flags, kind = data[position], data[position + 1]
        is_long = flags & _EXTENDED_LENGTH
        length = struct.unpack_from("!H" if is_long else "!B", data, position + 2)[0]
        begin = position + (4 if is_long else 3)
        if begin + length > len(data):
            raise ValueError("an attribute is cut off")
        found[kind] = data[begin : begin + length]
        position = begin + length
    return found


def _prefixes(data: bytes, version: int) -> tuple[IPNetwork, ...]:
    found: list[IPNetwork] = []
    width = 4 if version == 4 else 16
    position = 0
    while position < len(data):
        bits = data[position]
        octets = (bits + 7) // 8
        value = data[position + 1 : position + 1 + octets]
        if len(value) < octets:
            raise ValueError("a prefix is cut off")
        number = int.from_bytes(value.ljust(width, b"\0"))
        found.append(IPv4Network((number, bits)) if version == 4 else IPv6Network((number, bits)))
        position += 1 + octets
    return tuple(found)


def _reached(value: bytes) -> tuple[IPAddress, tuple[IPNetwork, ...]]:
    """Read MP_REACH_NLRI; of two IPv6 next hops the first counts, which is the global one (RFC 2545)."""
    version = 6 if value[1] == 2 else 4
    length = value[3]
    hop = value[4 : 4 + length]
    address: IPAddress = IPv4Address(hop) if length == 4 else IPv6Address(hop[:16])
    return address, _prefixes(value[5 + length :], version)


def _as_path(value: bytes) -> tuple[int, ...]:
    found: list[int] = []
    position = 0
    while position < len(value):
        count = value[position + 1]
        found += struct.unpack_from(f"!{count}I", value, position + 2)
        position += 2 + 4 * count
    return tuple(found)


def _bandwidth(value: bytes) -> float | None:
    for kind, subtype, _, number in struct.iter_unpack("!BBHf", value):
        if kind & 0x3F == 0 and subtype == _LINK_BANDWIDTH:
            return float(number)
    return None
