"""Who claims an address on the wire, and who asked for it, by ARP or by NDP: typed readings of a history.

Pure.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address

from conformance.suite import arp, ndp
from conformance.suite.facts import IPAddress
from conformance.suite.history import History


@dataclass(frozen=True, slots=True)
class Claim:
    """A packet whose sender says that an address is its own.

    Args:
        t_ns: when the capture saw it.
        mac: where the address is, as the packet says.
    """

    t_ns: int
    mac: str


def claims(history: History, address: IPAddress) -> tuple[Claim, ...]:
    """Return the packets that claim an address: ARP of either operation, or Neighbor Advertisements.

    Args:
        history: where to look.
        address: of either family.
    """
    found: list[Claim] = []
    for event in history.of("wire", "frame"):
        frame = bytes.fromhex(event.data["hex"])
        if isinstance(address, IPv4Address):
            told = arp.decode(frame)
            if told and told.sender_ip == address:
                found.append(Claim(event.t_ns, told.sender_mac))
        else:
            heard = ndp.decode(frame)
            if heard and heard.kind == ndp.ADVERTISEMENT and heard.target == address:
                found.append(Claim(event.t_ns, heard.mac or heard.source))
    return tuple(found)


def questions(history: History, address: IPAddress) -> tuple[int, ...]:
    """Return the moments (ns) at which the suite asked who has an address."""
    return tuple(event.t_ns for event in history.of("ask", "sent") if event.data["target"] == str(address))
