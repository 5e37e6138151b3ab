"""TCP connections that begin and end, as the frames of whoever opens them show.

Source: RFC 9293 section 3.1 (header), RFC 791, RFC 8200.

Pure.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from lbkit.model.views import IPAddress
from lbkit.packet.drop import Drop, DropReason
from lbkit.packet.ethernet import ETHERTYPE_IPV4, ETHERTYPE_IPV6, HEADER

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
EDGES: Final = FIN | SYN | RST
"""A frame with none of these begins and ends nothing."""
FLAGS_AT: Final = 13
"""Where they are in the header of TCP."""
IPV4_BYTES: Final = 20
IPV6_BYTES: Final = 40
PROTOCOL_TCP: Final = 6


@dataclass(frozen=True, slots=True)
class Edge:
    """The beginning or the end of a connection.

    Args:
        target: the address that the frame is for.
        flow: source address and both ports.
        is_open: it begins.
    """

    target: IPAddress
    flow: bytes
    is_open: bool


def decode(data: bytes) -> Edge | Drop:
    """Read one frame.

    Args:
        data: an Ethernet frame from its destination address on; it may be cut off after the header of TCP.

    Returns:
        What begins or ends, or a Drop; never raises.
    """
    if len(data) <= HEADER.size:
        return Drop(DropReason.TRUNCATED)
    ethertype, packet = int.from_bytes(data[12:14]), data[HEADER.size :]
    target: IPAddress
    if ethertype == ETHERTYPE_IPV4 and packet[0] == 0x45 and len(packet) > IPV4_BYTES + FLAGS_AT:
        # The first fragment has the header; of the others, what looks like one is none.
        is_tcp = packet[9] == PROTOCOL_TCP and not (packet[6] & 0x1F or packet[7])
        source, target, start = packet[12:16], IPv4Address(packet[16:20]), IPV4_BYTES
    elif ethertype == ETHERTYPE_IPV6 and packet[0] >> 4 == 6 and len(packet) > IPV6_BYTES + FLAGS_AT:
        is_tcp = packet[6] == PROTOCOL_TCP
        source, target, start = packet[8:24], IPv6Address(packet[24:40]), IPV6_BYTES
    else:
        return Drop(DropReason.NOT_TCP)
    flags = packet[start + FLAGS_AT]
    if not is_tcp or not flags & EDGES:
        return Drop(DropReason.NOT_TCP)
    return Edge(target, source + packet[start : start + 4], not flags & (FIN | RST))
