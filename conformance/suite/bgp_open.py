"""The OPEN messages of a captured BGP session: who offers which capabilities and which hold time.

Only the first data segment of a connection is looked at, which holds the whole OPEN in practice; a segment
that does not start with a BGP marker is not one of ours.
Source: RFC 4271 section 4.1 and 4.2, RFC 5492 (capabilities), RFC 4760 (multiprotocol), RFC 2918 (route
refresh), RFC 6793 (4-octet AS numbers).

Pure.
"""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from conformance.suite import bgp_stream
from conformance.suite.bgp_stream import MARKER, Kind, segment

MULTIPROTOCOL: Final = 1
ROUTE_REFRESH: Final = 2
FOUR_OCTET_AS: Final = 65
GRACEFUL_RESTART: Final = 64
_CAPABILITIES: Final = 2
_AS_TRANS: Final = 23456


@dataclass(frozen=True, slots=True)
class OpenMessage:
    """One OPEN as seen on the wire.

    Args:
        sender: IP source address.
        receiver: IP destination address.
        asn: from the 4-octet capability where there is one, else from the header.
        hold_time_s: offered.
        router_id: BGP identifier.
        families: (AFI, SAFI) pairs of the multiprotocol capability.
        capabilities: all capability codes.
    """

    sender: IPv4Address
    receiver: IPv4Address
    asn: int
    hold_time_s: int
    router_id: IPv4Address
    families: frozenset[tuple[int, int]]
    capabilities: frozenset[int]


def encode(asn: int, hold_time_s: int, router_id: str, capabilities: bytes = b"") -> bytes:
    """Write an OPEN.

    Args:
        asn: of the sender; one of four octets is to be among the capabilities, too (RFC 6793).
        hold_time_s: offered.
        router_id: BGP identifier.
        capabilities: as in the optional parameter; none are offered without any (RFC 5492).
    """
    optional = bytes([_CAPABILITIES, len(capabilities)]) + capabilities if capabilities else b""
    short = asn if asn <= 0xFFFF else _AS_TRANS
    head = struct.pack("!BHH4sB", 4, short, hold_time_s, IPv4Address(router_id).packed, len(optional))
    return bgp_stream.encode(Kind.OPEN, head + optional)


def decode(frame: bytes) -> OpenMessage | None:
    """Read an Ethernet frame as TCP that carries an OPEN.

    Args:
        frame: from the destination MAC on.

    Returns:
        The OPEN; None for anything else.
    """
    found = segment(frame, 0)
    if found is None or len(found.data) < 29 or not found.data.startswith(MARKER) or found.data[18] != Kind.OPEN:
        return None
    sender, _, receiver, _ = found.ends
    if not isinstance(sender, IPv4Address) or not isinstance(receiver, IPv4Address):
        return None
    return _open(found.data, sender, receiver)


def _open(payload: bytes, sender: IPv4Address, receiver: IPv4Address) -> OpenMessage:
    asn, hold_time_s = struct.unpack_from("!HH", payload, 20)
    found = _capabilities(payload[29 : 29 + payload[28]])
    families = frozenset(
        (struct.unpack("!H", value[:2])[0], value[3])
        for code, value in found
        if code == MULTIPROTOCOL and len(value) == 4
    )
    wide = [struct.unpack("!I", value)[0] for code, value in found if code == FOUR_OCTET_AS and len(value) == 4]
    return OpenMessage(
        sender=sender,
        receiver=receiver,
        asn=wide[0] if wide else asn,
        hold_time_s=hold_time_s,
        router_id=IPv4Address(payload[24:28]),
        families=families,
        capabilities=frozenset(code for code, _ in found),
    )


def _capabilities(parameters: bytes) -> list[tuple[int, bytes]]:
    """Walk optional parameters (RFC 5492 section 4); a cut-off one ends the walk."""
    return [capability for kind, value in _walk(parameters) if kind == _CAPABILITIES for capability in _walk(value)]


def _walk(data: bytes) -> list[tuple[int, bytes]]:
    """Split type-length-value triples of one octet each."""
    found: list[tuple[int, bytes]] = []
    position = 0
    while position + 2 <= len(data):
        kind, length = data[position], data[position + 1]
        value = data[position + 2 : position + 2 + length]
        if len(value) < length:
            break
        found.append((kind, value))
        position += 2 + length
    return found
