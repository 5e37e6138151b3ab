"""Whether a received ARP or NDP frame is answered, and with what; and whose address it says what is.

Answered are requests for an announced address, probes of RFC 5227 and RFC 4862 among them, that were sent to a group or
to this very interface. The answer goes to the asker alone; only who asks from the unspecified IPv6 address has none of
its own, and is answered through all nodes. All else is left in silence, with a named reason.
Source: RFC 826 (reception algorithm), RFC 5227 section 2.1.1 (probe), section 2.3 (announcement);
RFC 4861 section 7.2.4 (solicited advertisements), RFC 4862 section 5.4 (duplicate address detection).

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lbkit.announcer.desired import Interface
from lbkit.model.views import IPAddress
from lbkit.packet import arp, ndp
from lbkit.packet.arp import Arp, Operation
from lbkit.packet.drop import Drop, DropReason
from lbkit.packet.ethernet import BROADCAST, is_unicast
from lbkit.packet.ndp import NeighborAdvertisement, NeighborSolicitation
from lbkit.packet.resolution import Packet


@dataclass(frozen=True, slots=True)
class Reply:
    """The frame to send back on the interface it came from."""

    packet: Arp | NeighborAdvertisement

    @property
    def address(self) -> IPAddress:
        """What was asked for."""
        return self.packet.sender_ip if isinstance(self.packet, Arp) else self.packet.target


def respond(request: Packet, interface: Interface, announced: Mapping[IPAddress, frozenset[str]]) -> Reply | Drop:
    """Answer one frame.

    Args:
        request: what was received.
        interface: where it was received.
        announced: {address: names of the interfaces that answer for it}.

    Returns:
        The reply, or a Drop that names why there is none.
    """
    match request:
        case Arp():
            return _respond_arp(request, interface, announced)
        case NeighborSolicitation():
            return _respond_ndp(request, interface, announced)
        case NeighborAdvertisement():
            return Drop(DropReason.NOT_A_REQUEST)


@dataclass(frozen=True, slots=True)
class Claim:
    """A host says that an address is its own, or (`is_probe`) is about to.

    Args:
        mac: its hardware address, 6 bytes.
    """

    address: IPAddress
    mac: bytes
    is_probe: bool = False


def claim(packet: Packet, own_mac: bytes) -> Claim | None:
    """Read what a frame says of who has an address (RFC 5227 sections 2.1.1 and 2.4, RFC 4862 section 5.4).

    Args:
        packet: what was received, a request or not.
        own_mac: of the interface that received it; what it sent itself says nothing.

    Returns:
        The claim, or None if it makes none.
    """
    match packet:
        case Arp(sender_ip=arp.UNSPECIFIED, operation=Operation.REQUEST):
            found = Claim(packet.target_ip, packet.sender_mac, is_probe=True)
        case Arp():
            found = Claim(packet.sender_ip, packet.sender_mac)
        case NeighborAdvertisement():
            found = Claim(packet.target, packet.target_mac or packet.source)
        case NeighborSolicitation(source_ip=ndp.UNSPECIFIED):
            found = Claim(packet.target, packet.source, is_probe=True)
        case NeighborSolicitation():
            found = Claim(packet.source_ip, packet.source_mac or packet.source)
    return found if is_unicast(found.mac) and found.mac != own_mac else None


def _respond_arp(request: Arp, interface: Interface, announced: Mapping[IPAddress, frozenset[str]]) -> Reply | Drop:
    if request.operation is not Operation.REQUEST:
        return Drop(DropReason.NOT_A_REQUEST)
    if request.sender_mac == interface.mac:
        return Drop(DropReason.OWN_FRAME)
    if request.destination not in (BROADCAST, interface.mac):
        return Drop(DropReason.OTHER_DESTINATION)
    if reason := _silence(request.target_ip, interface, announced):
        return Drop(reason)
    if request.sender_ip == request.target_ip:
        return Drop(DropReason.GRATUITOUS)
    if not is_unicast(request.sender_mac):
        return Drop(DropReason.BAD_SENDER)
    return Reply(
        Arp(
            destination=request.sender_mac,
            source=interface.mac,
            operation=Operation.REPLY,
            sender_mac=interface.mac,
            sender_ip=request.target_ip,
            target_mac=request.sender_mac,
            target_ip=request.sender_ip,
        )
    )


def _respond_ndp(
    request: NeighborSolicitation, interface: Interface, announced: Mapping[IPAddress, frozenset[str]]
) -> Reply | Drop:
    asker = request.source if request.source_mac is None else request.source_mac
    if interface.mac in (request.source, asker):
        return Drop(DropReason.OWN_FRAME)
    group = ndp.solicited_node(request.target)
    if request.destination not in (ndp.group_mac(group), interface.mac) or request.destination_ip not in (
        group,
        request.target,
    ):
        return Drop(DropReason.OTHER_DESTINATION)
    if reason := _silence(request.target, interface, announced):
        return Drop(reason)
    if request.source_ip == request.target:
        return Drop(DropReason.GRATUITOUS)
    if not is_unicast(asker):
        return Drop(DropReason.BAD_SENDER)
    is_probe = request.source_ip == ndp.UNSPECIFIED
    return Reply(
        NeighborAdvertisement(
            destination=ndp.group_mac(ndp.ALL_NODES) if is_probe else asker,
            source=interface.mac,
            source_ip=request.target,
            destination_ip=ndp.ALL_NODES if is_probe else request.source_ip,
            target=request.target,
            is_solicited=not is_probe,
            is_override=True,
            target_mac=interface.mac,
        )
    )


def _silence(
    address: IPAddress, interface: Interface, announced: Mapping[IPAddress, frozenset[str]]
) -> DropReason | None:
    """Say why `address` is not answered for on this interface; None if it is."""
    allowed = announced.get(address)
    if allowed is None:
        return DropReason.NOT_ANNOUNCED
    return None if interface.name in allowed else DropReason.OTHER_INTERFACE
