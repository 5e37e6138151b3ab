"""Ethernet II frames: destination, source, type, payload.

Padding to 60 bytes is left to the network card's driver, which does it for every short frame it sends; so what is
encoded here decodes to the same value.
Source: IEEE 802.3 clause 3, RFC 894.

Pure.
"""

import struct
from dataclasses import dataclass
from typing import Final

from lbkit.packet.drop import Drop, DropReason

BROADCAST: Final = b"\xff" * 6
ZERO_MAC: Final = bytes(6)
ETHERTYPE_IPV4: Final = 0x0800
ETHERTYPE_ARP: Final = 0x0806
ETHERTYPE_IPV6: Final = 0x86DD

HEADER: Final = struct.Struct("!6s6sH")


@dataclass(frozen=True, slots=True)
class Frame:
    """One Ethernet II frame; hardware addresses are 6 bytes."""

    destination: bytes
    source: bytes
    ethertype: int
    payload: bytes


def decode(data: bytes) -> Frame | Drop:
    """Read one frame.

    Args:
        data: the frame from its destination address on, without frame check sequence.

    Returns:
        The frame, or a Drop if it is shorter than its header.
    """
    if len(data) < HEADER.size:
        return Drop(DropReason.TRUNCATED)
    destination, source, ethertype = HEADER.unpack_from(data)
    return Frame(destination, source, ethertype, bytes(data[HEADER.size :]))


def encode(frame: Frame) -> bytes:
    """Write one frame, unpadded, without frame check sequence."""
    return HEADER.pack(frame.destination, frame.source, frame.ethertype) + frame.payload


def is_unicast(mac: bytes) -> bool:
    """Whether `mac` can be one station: not a group address (lowest bit of the first byte), not all zeros."""
    return not mac[0] & 1 and mac != ZERO_MAC


def mac_text(mac: bytes) -> str:
    """Spell a hardware address as `02:00:00:00:00:01`."""
    return mac.hex(":")
