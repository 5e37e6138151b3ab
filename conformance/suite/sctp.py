"""SCTP's first two packets, bytes to values and back: INIT and INIT ACK, so that no kernel with SCTP is needed.

Source: RFC 9260 section 3.1 (common header), 3.3.2 (INIT), 3.3.3 (INIT ACK), 3.3.2.1 (State Cookie), appendix A
(checksum CRC32c).

Pure.
"""

import struct
from dataclasses import dataclass
from typing import Final

PROTOCOL: Final = 132
INIT: Final = 1
INIT_ACK: Final = 2
ABORT: Final = 6
_COMMON: Final = struct.Struct("!HHI")
_INIT: Final = struct.Struct("!BBHIIHHI")
_COOKIE: Final = struct.pack("!HH4s", 7, 8, b"lbkt")
_WINDOW_BYTES: Final = 65536
_STREAMS: Final = 1


@dataclass(frozen=True, slots=True)
class Packet:
    """An SCTP packet with one chunk.

    Args:
        source_port: of the sender.
        target_port: of the receiver.
        verification_tag: 0 in an INIT, else the receiver's own initiate tag.
        chunk: type of the first chunk.
        initiate_tag: of an INIT or INIT ACK; 0 for other chunks.
    """

    source_port: int
    target_port: int
    verification_tag: int
    chunk: int
    initiate_tag: int = 0


def checksum(data: bytes) -> int:
    """Compute CRC32c over bytes (reflected polynomial 0x82F63B78)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def encode(packet: Packet) -> bytes:
    """Write an INIT or INIT ACK."""
    assert packet.chunk in {INIT, INIT_ACK}
    cookie = _COOKIE if packet.chunk == INIT_ACK else b""
    length = _INIT.size + len(cookie)
    chunk = _INIT.pack(
        packet.chunk, 0, length, packet.initiate_tag, _WINDOW_BYTES, _STREAMS, _STREAMS, packet.initiate_tag
    )
    head = _COMMON.pack(packet.source_port, packet.target_port, packet.verification_tag)
    # RFC 9260 appendix A: the checksum is put in with its least significant byte first.
    return head + struct.pack("<I", checksum(head + bytes(4) + chunk + cookie)) + chunk + cookie


def decode(data: bytes) -> Packet | None:
    """Read a packet; None if it is too short or its checksum is wrong.

    Args:
        data: from the common header on.
    """
    if len(data) < _COMMON.size + 8:
        return None
    source_port, target_port, tag = _COMMON.unpack_from(data)
    (wanted,) = struct.unpack_from("<I", data, _COMMON.size)
    if checksum(data[: _COMMON.size] + bytes(4) + data[_COMMON.size + 4 :]) != wanted:
        return None
    chunk = data[_COMMON.size + 4]
    is_initial = chunk in {INIT, INIT_ACK} and len(data) >= _COMMON.size + 4 + _INIT.size
    initiate_tag = _INIT.unpack_from(data, _COMMON.size + 4)[3] if is_initial else 0
    return Packet(source_port, target_port, tag, chunk, initiate_tag)
