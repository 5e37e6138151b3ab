"""The checksum of the Internet protocols (RFC 1071).

Pure.
"""


def checksum(data: bytes) -> int:
    """Compute the checksum of `data`; 0 if a right one is inside already.

    The one's complement sum of 16-bit words is the remainder by 65,535, as 65,536 leaves 1.
    """
    if len(data) % 2:
        data += b"\0"
    return 0xFFFF - (int.from_bytes(data) % 0xFFFF or 0xFFFF)
