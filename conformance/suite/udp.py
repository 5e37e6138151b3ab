"""UDP datagrams over IPv4 in captured frames: found, and their IP headers made right again.

Source: RFC 768, RFC 791 section 3.1.

Pure.
"""

import socket
import struct
from typing import Final

from conformance.suite.checksum import internet

ETHERNET: Final = 14
"""Bytes of an Ethernet header."""
_IPV4: Final = b"\x08\x00"


def payload(frame: bytes, port: int) -> int:
    """Return where the payload of a frame begins that is a UDP datagram over IPv4 to a port; 0 for any other."""
    if len(frame) < ETHERNET + 28 or frame[12:14] != _IPV4 or frame[ETHERNET + 9] != socket.IPPROTO_UDP:
        return 0
    begin = ETHERNET + (frame[ETHERNET] & 0x0F) * 4
    if len(frame) < begin + 8 or struct.unpack_from("!H", frame, begin + 2)[0] != port:
        return 0
    return begin + 8


def summed(header: bytes) -> bytes:
    """Return an IPv4 header with its checksum made right."""
    blank = header[:10] + b"\0\0" + header[12:]
    return blank[:10] + struct.pack("!H", internet(blank)) + blank[12:]
