"""Frames of TCP for tests, with the headers' fields where the RFCs put them.

Pure.
"""

import struct

from lbkit.model.views import IPAddress
from lbkit.packet.ethernet import ETHERTYPE_IPV4, ETHERTYPE_IPV6, HEADER

MAC, OTHER_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
ACK = 0x10


def frame(flags: int, source: IPAddress, target: IPAddress, *, ports: tuple[int, int] = (30000, 80)) -> bytes:
    """Write one segment without data."""
    header = struct.pack("!HHIIBBHHH", *ports, 1, 0, 5 << 4, flags, 65535, 0, 0)
    ends = source.packed + target.packed
    if target.version == 4:
        packet = struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0x4000, 64, 6, 0) + ends + header
        return HEADER.pack(MAC, OTHER_MAC, ETHERTYPE_IPV4) + packet
    packet = struct.pack("!IHBB", 6 << 28, 20, 6, 64) + ends + header
    return HEADER.pack(MAC, OTHER_MAC, ETHERTYPE_IPV6) + packet
