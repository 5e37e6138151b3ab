"""ARP for IPv4 over Ethernet: frames <-> values.

A value carries the Ethernet addresses too, as who may be answered depends on them (RFC 5227 section 2.1.1: a probe is
broadcast and has sender address 0.0.0.0).
Source: RFC 826 (format), RFC 5227 (probe and announcement).

Pure.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address
from typing import Final

from lbkit.packet import ethernet
from lbkit.packet.drop import Drop, DropReason

HARDWARE_ETHERNET: Final = 1
PROTOCOL_IPV4: Final = 0x0800
UNSPECIFIED: Final = IPv4Address(0)

BODY: Final = struct.Struct("!HHBBH6s4s6s4s")


class Operation(IntEnum):
    """`ar$op` (RFC 826). Others exist (RARP, InARP) and are not for us."""

    REQUEST = 1
    REPLY = 2


@dataclass(frozen=True, slots=True)
class Arp:
    """One ARP packet in its frame; names as in RFC 826, hardware addresses are 6 bytes.

    Args:
        destination: Ethernet destination.
        source: Ethernet source; need not be `sender_mac`.
    """

    destination: bytes
    source: bytes
    operation: Operation
    sender_mac: bytes
    sender_ip: IPv4Address
    target_mac: bytes
    target_ip: IPv4Address


def decode(data: bytes) -> Arp | Drop:
    """Read one ARP frame; bytes after the packet are padding.

    Args:
        data: an Ethernet frame from its destination address on.

    Returns:
        The packet, or a Drop that says what is wrong with it; never raises.
    """
    frame = ethernet.decode(data)
    if isinstance(frame, Drop):
        return frame
    if frame.ethertype != ethernet.ETHERTYPE_ARP:
        return Drop(DropReason.NOT_ARP)
    if len(frame.payload) < BODY.size:
        return Drop(DropReason.TRUNCATED)
    hardware, protocol, hardware_len, protocol_len, operation, sender_mac, sender_ip, target_mac, target_ip = (
        BODY.unpack_from(frame.payload)
    )
    if (hardware, protocol, hardware_len, protocol_len) != (HARDWARE_ETHERNET, PROTOCOL_IPV4, 6, 4):
        return Drop(DropReason.NOT_ETHERNET_IPV4)
    if operation not in (Operation.REQUEST, Operation.REPLY):
        return Drop(DropReason.UNKNOWN_OPERATION)
    return Arp(
        frame.destination,
        frame.source,
        Operation(operation),
        sender_mac,
        IPv4Address(sender_ip),
        target_mac,
        IPv4Address(target_ip),
    )


def encode(packet: Arp) -> bytes:
    """Write one ARP frame: 14 bytes of Ethernet header, 28 of ARP."""
    body = BODY.pack(
        HARDWARE_ETHERNET,
        PROTOCOL_IPV4,
        6,
        4,
        packet.operation,
        packet.sender_mac,
        packet.sender_ip.packed,
        packet.target_mac,
        packet.target_ip.packed,
    )
    return ethernet.encode(ethernet.Frame(packet.destination, packet.source, ethernet.ETHERTYPE_ARP, body))
