"""The Internet checksum, which IPv4, ICMP, TCP and ICMPv6 have in common.

Source: RFC 1071.

Pure.
"""

import struct


def internet(data: bytes) -> int:
    """Compute what makes some bytes right where their checksum is zero; 0 for those that are right as they are."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
