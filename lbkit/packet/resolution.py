"""Address resolution of either family, so that who answers need not know which it is.

Pure.
"""

from typing import TypeAlias

from lbkit.packet import arp, ethernet, ndp
from lbkit.packet.arp import Arp
from lbkit.packet.drop import Drop
from lbkit.packet.ndp import Ndp

Packet: TypeAlias = Arp | Ndp


def decode(data: bytes) -> Packet | Drop:
    """Read one Ethernet frame as NDP if it is IPv6, else as ARP; never raises."""
    if data[12:14] == ethernet.ETHERTYPE_IPV6.to_bytes(2):
        return ndp.decode(data)
    return arp.decode(data)


def encode(packet: Packet) -> bytes:
    """Write one Ethernet frame."""
    return arp.encode(packet) if isinstance(packet, Arp) else ndp.encode(packet)
