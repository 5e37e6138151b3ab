"""A capture file for people, made from the frames of a history: evidence that opens in Wireshark.

Source: the pcap file format of libpcap, nanosecond variant (magic 0xa1b23c4d), link type 1 (Ethernet).

Pure.
"""

import struct
from collections.abc import Iterable
from typing import Final

_MAGIC_NS: Final = 0xA1B23C4D
_SNAPLEN: Final = 65535
_ETHERNET: Final = 1


def render(frames: Iterable[tuple[int, bytes]], offset_ns: int) -> bytes:
    """Write frames as a pcap file.

    Args:
        frames: (monotonic nanoseconds, bytes from the destination MAC on), in order.
        offset_ns: what to add to a monotonic time to get the wall clock.

    Returns:
        The file's bytes; only the file header when there is no frame.
    """
    parts = [struct.pack("<IHHiIII", _MAGIC_NS, 2, 4, 0, 0, _SNAPLEN, _ETHERNET)]
    for t_ns, frame in frames:
        seconds, nanoseconds = divmod(t_ns + offset_ns, 1_000_000_000)
        parts.append(struct.pack("<IIII", seconds, nanoseconds, len(frame), len(frame)))
        parts.append(frame)
    return b"".join(parts)
