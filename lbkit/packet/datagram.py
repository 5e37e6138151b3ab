"""The frames that carry heartbeats: UDP to everyone on the segment, and no further.

Heartbeats must share the fate of ARP and NDP, on any segment where an address can be announced, IPv4-only and IPv6-only
ones included. So they are ordinary UDP datagrams, written and read through the packet socket that is there anyway:

* Not an EtherType of the local experimental range (IEEE 802, 0x88B5 and 0x88B6). Port filters of data centres and
  exchanges, and the virtual switches of hypervisors, commonly let through IPv4, ARP and IPv6 alone; and that range is
  for experiments, so that a product may meet another one there. UDP passes wherever ARP makes sense.
* IPv4 limited broadcast, as ARP requests are broadcast; IPv6 to all nodes (ff02::1). Both reach every port without a
  membership. Any other group is pruned by switches that snoop IGMP or MLD and saw no report (RFC 4541 sections 2.1.2
  and 3), which is how clusters lose each other. The cost to bystanders is a frame that their kernel drops, 9 a second
  and node.
* IPv4 where the interface has an IPv4 address, else IPv6 from its link-local address. Every speaker hears both.

The payload is authenticated, so that no checksum is looked at; those written are right, as switches and observers may
look. Nothing is ever fragmented: a payload fits the minimum IPv6 MTU (1,280 bytes, RFC 8200 section 5).
Source: RFC 768, RFC 791, RFC 919 (limited broadcast), RFC 8200.

Pure.
"""

import struct
from ipaddress import IPv4Address
from typing import Final

from lbkit.model.views import IPAddress
from lbkit.packet import ethernet, ndp
from lbkit.packet.checksum import checksum
from lbkit.packet.drop import Drop, DropReason

PORT: Final = 7947
"""Destination and source; not assigned by IANA, next to the one that MetalLB's speakers gossip on."""
MOST_PAYLOAD_BYTES: Final = 1280 - 40 - 8

_UDP: Final = struct.Struct("!HHHH")
_IPV4: Final = struct.Struct("!BBHHHBBH4s4s")
_IPV6: Final = struct.Struct("!IHBB16s16s")
_PROTOCOL_UDP: Final = 17
_HOP_LIMIT: Final = 1
_BROADCAST: Final = IPv4Address("255.255.255.255").packed
_ALL_NODES: Final = ndp.ALL_NODES.packed
_ALL_NODES_MAC: Final = ndp.group_mac(ndp.ALL_NODES)


def encode(payload: bytes, source_mac: bytes, source_ip: IPAddress) -> bytes:
    """Write one frame to everyone on the segment.

    Args:
        payload: up to MOST_PAYLOAD_BYTES.
        source_mac: of the interface, 6 bytes.
        source_ip: of the interface; chooses the family. 0.0.0.0 where it has no address at all.
    """
    assert len(payload) <= MOST_PAYLOAD_BYTES
    source = source_ip.packed
    is_ipv4 = len(source) == 4
    destination = _BROADCAST if is_ipv4 else _ALL_NODES
    length = _UDP.size + len(payload)
    pseudo = source + destination + struct.pack("!II", length, _PROTOCOL_UDP)
    total = checksum(pseudo + _UDP.pack(PORT, PORT, length, 0) + payload) or 0xFFFF  # 0 means "none" (RFC 768)
    body = _UDP.pack(PORT, PORT, length, total) + payload
    if is_ipv4:
        fields = (0x45, 0xC0, _IPV4.size + length, 0, 0x4000, _HOP_LIMIT, _PROTOCOL_UDP)  # CS6, do not fragment
        header = _IPV4.pack(*fields, checksum(_IPV4.pack(*fields, 0, source, destination)), source, destination)
        return ethernet.encode(ethernet.Frame(ethernet.BROADCAST, source_mac, ethernet.ETHERTYPE_IPV4, header + body))
    header = _IPV6.pack(6 << 28 | 0xC0 << 20, length, _PROTOCOL_UDP, _HOP_LIMIT, source, destination)
    return ethernet.encode(ethernet.Frame(_ALL_NODES_MAC, source_mac, ethernet.ETHERTYPE_IPV6, header + body))


def decode(data: bytes) -> tuple[bytes, bytes] | Drop:
    """Read one frame that was sent to everyone on the segment.

    Args:
        data: an Ethernet frame from its destination address on.

    Returns:
        (source hardware address, payload), or a Drop; never raises.
    """
    frame = ethernet.decode(data)
    if isinstance(frame, Drop):
        return frame
    packet = frame.payload
    match frame.ethertype:
        case ethernet.ETHERTYPE_IPV4:
            if len(packet) < _IPV4.size + _UDP.size:
                return Drop(DropReason.TRUNCATED)
            # Options and fragments are nothing that `encode` makes.
            is_ours = packet[0] == 0x45 and not packet[6] & 0x3F and not packet[7] and packet[9] == _PROTOCOL_UDP
            is_ours = is_ours and packet[16:20] == _BROADCAST and frame.destination == ethernet.BROADCAST
            start = _IPV4.size
        case ethernet.ETHERTYPE_IPV6:
            if len(packet) < _IPV6.size + _UDP.size:
                return Drop(DropReason.TRUNCATED)
            is_ours = packet[0] >> 4 == 6 and packet[6] == _PROTOCOL_UDP
            is_ours = is_ours and packet[24:40] == _ALL_NODES and frame.destination == _ALL_NODES_MAC
            start = _IPV6.size
        case _:
            return Drop(DropReason.NOT_HEARTBEAT)
    _, port, length, _ = _UDP.unpack_from(packet, start)
    if not is_ours or port != PORT:
        return Drop(DropReason.NOT_HEARTBEAT)
    if length < _UDP.size or len(packet) < start + length:
        return Drop(DropReason.TRUNCATED)
    return frame.source, packet[start + _UDP.size : start + length]
