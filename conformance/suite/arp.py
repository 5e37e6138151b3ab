"""ARP as the judge reads and asks it: its own small codec, so that it shares no bug with what it judges.

Source: RFC 826 (packet format), RFC 5227 section 1.1 (a probe has an all-zero sender address).

Pure.
"""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

BROADCAST: Final = "ff:ff:ff:ff:ff:ff"
ETHERTYPE: Final = 0x0806
REQUEST: Final = 1
REPLY: Final = 2
_LAYOUT: Final = struct.Struct("!6s6sH HHBBH 6s4s6s4s")


@dataclass(frozen=True, slots=True)
class ArpFrame:
    """One ARP packet and the Ethernet header that carried it.

    Args:
        destination: Ethernet destination.
        source: Ethernet source.
        operation: 1 request, 2 reply.
        sender_mac: sender hardware address (sha).
        sender_ip: sender protocol address (spa).
        target_mac: target hardware address (tha).
        target_ip: target protocol address (tpa).
        length_bytes: of the whole frame, without FCS.
    """

    destination: str
    source: str
    operation: int
    sender_mac: str
    sender_ip: IPv4Address
    target_mac: str
    target_ip: IPv4Address
    length_bytes: int = _LAYOUT.size

    @property
    def is_gratuitous(self) -> bool:
        """It tells about the sender itself (RFC 5227 section 1.1: sender and target address are the same)."""
        return self.sender_ip == self.target_ip


def decode(frame: bytes) -> ArpFrame | None:
    """Read an Ethernet frame as ARP for IPv4.

    Args:
        frame: from the destination MAC on.

    Returns:
        The packet; None if it is anything else, or too short to be one.
    """
    if len(frame) < _LAYOUT.size:
        return None
    dst, src, kind, hardware, protocol, hlen, plen, operation, sha, spa, tha, tpa = _LAYOUT.unpack_from(frame)
    if (kind, hardware, protocol, hlen, plen) != (ETHERTYPE, 1, 0x0800, 6, 4):
        return None
    return ArpFrame(
        destination=_mac(dst),
        source=_mac(src),
        operation=operation,
        sender_mac=_mac(sha),
        sender_ip=IPv4Address(spa),
        target_mac=_mac(tha),
        target_ip=IPv4Address(tpa),
        length_bytes=len(frame),
    )


def encode(packet: ArpFrame) -> bytes:
    """Write an ARP packet with its Ethernet header, unpadded."""
    return _LAYOUT.pack(
        _raw(packet.destination),
        _raw(packet.source),
        ETHERTYPE,
        1,
        0x0800,
        6,
        4,
        packet.operation,
        _raw(packet.sender_mac),
        packet.sender_ip.packed,
        _raw(packet.target_mac),
        packet.target_ip.packed,
    )


def question(target: IPv4Address, mac: str, sender: IPv4Address, to: str = BROADCAST) -> bytes:
    """Write a who-has.

    Args:
        target: the address asked for.
        mac: the asker's own.
        sender: the asker's address; 0.0.0.0 makes it an RFC 5227 probe.
        to: Ethernet destination; broadcast unless one node is asked.
    """
    nobody = "00:00:00:00:00:00"
    return encode(ArpFrame(to, mac, REQUEST, mac, sender, nobody, target))


def _mac(raw: bytes) -> str:
    return raw.hex(":")


def _raw(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))
