"""Whether a received ARP frame is answered, and with what.

Answered are requests for an announced address, RFC 5227 probes among them, that were broadcast or sent to this very
interface. The answer goes to the asker alone. All else is left in silence, with a named reason.
Source: RFC 826 (reception algorithm), RFC 5227 section 2.1.1 (probe), section 2.3 (announcement).

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lbkit.announcer.desired import Interface
from lbkit.model.views import IPAddress
from lbkit.packet.arp import Arp, Operation
from lbkit.packet.drop import Drop, DropReason
from lbkit.packet.ethernet import BROADCAST, is_unicast


@dataclass(frozen=True, slots=True)
class Reply:
    """The frame to send back on the interface it came from."""

    packet: Arp


def respond(request: Arp, interface: Interface, announced: Mapping[IPAddress, frozenset[str]]) -> Reply | Drop:
    """Answer one ARP frame.

    Args:
        request: what was received.
        interface: where it was received.
        announced: {address: names of the interfaces that answer for it}.

    Returns:
        The reply, or a Drop that names why there is none.
    """
    if request.operation is not Operation.REQUEST:
        return Drop(DropReason.NOT_A_REQUEST)
    if request.sender_mac == interface.mac:
        return Drop(DropReason.OWN_FRAME)
    if request.destination not in (BROADCAST, interface.mac):
        return Drop(DropReason.OTHER_DESTINATION)
    allowed = announced.get(request.target_ip)
    if allowed is None:
        return Drop(DropReason.NOT_ANNOUNCED)
    if interface.name not in allowed:
        return Drop(DropReason.OTHER_INTERFACE)
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
