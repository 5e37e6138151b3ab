"""Who claims an address on the wire, and who asked for it, by ARP or by NDP: typed readings of a history.

Here, and nowhere else, it is said which packets claim an address for whom.

Pure.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from conformance.suite import arp, ndp, seen
from conformance.suite.facts import IPAddress
from conformance.suite.history import Event, History
from conformance.suite.waits import REPLY_P95_S

Packet = arp.ArpFrame | ndp.NdpFrame


@dataclass(frozen=True, slots=True)
class Claim:
    """A packet whose sender says that an address is its own: ARP of either operation, or an advertisement of NDP.

    Args:
        t_ns: when the capture saw it.
        address: what is claimed.
        mac: where the address is, as the packet says.
        packet: all of it.
        observer: the capture that saw it.
    """

    t_ns: int
    address: IPAddress
    mac: str
    packet: Packet
    observer: str = ""

    @property
    def macs(self) -> frozenset[str]:
        """Both MACs it shows: what it says, and what a switch learns from its Ethernet header."""
        return frozenset({self.mac, self.packet.source})

    def answers(self, asked: Packet) -> bool:
        """Say whether it is the answer to a question: a reply or an advertisement, sent to the asker.

        One who asks from no address is answered by NDP through all nodes (RFC 4861 section 7.2.4).
        """
        told = self.packet
        if isinstance(asked, arp.ArpFrame):
            if not isinstance(told, arp.ArpFrame):
                return False
            return told.operation == arp.REPLY and told.target_mac == asked.source
        to = ndp.ALL_NODES_MAC if asked.source_ip == ndp.UNSPECIFIED else asked.source
        return isinstance(told, ndp.NdpFrame) and told.destination == to


@lru_cache(maxsize=1 << 14)  # each check reads the same frames, and a drive that waits judges them again and again
def packet(frame: bytes) -> Packet | None:
    """Read an Ethernet frame; None if it is neither ARP nor a solicitation or advertisement of NDP."""
    return arp.decode(frame) or ndp.decode(frame)


def claim(frame: bytes, t_ns: int = 0, observer: str = "") -> Claim | None:
    """Read the claim that an Ethernet frame makes; None if it makes none.

    Args:
        frame: from the destination MAC on.
        t_ns: when it was seen.
        observer: the capture that saw it.
    """
    match packet(frame):
        case arp.ArpFrame() as told if int(told.sender_ip):  # a probe's sender claims nothing (RFC 5227)
            return Claim(t_ns, told.sender_ip, told.sender_mac, told, observer)
        case ndp.NdpFrame() as told if told.kind == ndp.ADVERTISEMENT:
            return Claim(t_ns, told.target, told.mac or told.source, told, observer)
    return None


def every_claim(history: History) -> tuple[Claim, ...]:
    """Return all claims that the captures saw, in order."""
    return tuple(found for event in history.of("wire", "frame") if (found := _claim(event)))


def claims(history: History, address: IPAddress, observer: str = "") -> tuple[Claim, ...]:
    """Return the packets that claim an address, in order.

    Args:
        history: where to look.
        address: of either family.
        observer: only what this capture saw; "" for all.
    """
    text = address.packed.hex()  # an address that is claimed is in the frame: what is not need not be read
    heard = (event for event in history.of("wire", "frame") if text in event.data["hex"])
    found = (one for event in heard if (one := _claim(event)))
    return tuple(one for one in found if one.address == address and observer in {"", one.observer})


def replies(history: History, address: IPv4Address) -> tuple[Claim, ...]:
    """Return the ARP replies that claim an address, gratuitous ones included."""
    found = claims(history, address)
    return tuple(c for c in found if isinstance(c.packet, arp.ArpFrame) and c.packet.operation == arp.REPLY)


def owner(history: History, address: IPAddress) -> str | None:
    """Return the lab node that claimed an address last; None if nobody did, or a stranger."""
    lab, heard = seen.facts(history), claims(history, address)
    return lab.node_of_mac(heard[-1].mac) if lab and heard else None


@dataclass(frozen=True, slots=True)
class Ask:
    """One question that the suite put on the wire.

    Args:
        t_ns: when it was sent.
        form: broadcast, probe or unicast.
        target: the address asked for.
        packet: what was sent.
        answers: claims that answer it, before the next question for the same address.
        is_heeded: it was answered in good time (`REPLY_P95_S`), if only when the next question was out already.
    """

    t_ns: int
    form: str
    target: IPAddress
    packet: Packet
    answers: tuple[Claim, ...]
    is_heeded: bool


def asks(history: History, form: str = "") -> tuple[Ask, ...]:
    """Pair each question with its answers: those to the asker, until the next question for that address.

    Args:
        history: where to look.
        form: only this form; "" for all.
    """
    claimed: dict[IPAddress, list[Claim]] = defaultdict(list)
    for one in every_claim(history):
        claimed[one.address].append(one)
    times = {address: [one.t_ns for one in found] for address, found in claimed.items()}
    until: dict[IPAddress, int] = {}
    found: list[Ask] = []
    for event in reversed(history.of("ask", "sent")):
        asked = packet(bytes.fromhex(event.data["hex"]))
        if asked is None:
            continue
        target = asked.target_ip if isinstance(asked, arp.ArpFrame) else asked.target
        at = times.get(target, [])
        span = slice(bisect_left(at, event.t_ns), bisect_left(at, until.get(target, history.end_ns + 1)))
        answers = tuple(one for one in claimed[target][span] if one.answers(asked))
        until[target] = event.t_ns
        if not form or event.data["form"] == form:
            soon = slice(span.start, bisect_right(at, event.t_ns + int(REPLY_P95_S * seen.NS_PER_S)))
            is_heeded = any(one.answers(asked) for one in claimed[target][soon])
            found.append(Ask(event.t_ns, str(event.data["form"]), target, asked, answers, is_heeded))
    return tuple(reversed(found))


def questions(history: History, address: IPAddress) -> tuple[int, ...]:
    """Return the moments (ns) at which the suite asked who has an address."""
    return tuple(event.t_ns for event in history.of("ask", "sent") if event.data["target"] == str(address))


def heard_questions(history: History) -> frozenset[IPAddress]:
    """Return the addresses that were asked for, as the captures saw it: such a question did reach the segment."""
    packets = (packet(bytes.fromhex(event.data["hex"])) for event in history.of("wire", "frame"))
    found: set[IPAddress] = set()
    for heard in packets:
        if isinstance(heard, arp.ArpFrame) and heard.operation == arp.REQUEST:
            found.add(heard.target_ip)
        elif isinstance(heard, ndp.NdpFrame) and heard.kind == ndp.SOLICITATION:
            found.add(heard.target)
    return frozenset(found)


def is_gratuitous(one: Claim) -> bool:
    """Say whether a claim was made without having been asked for: it goes to everyone, and about itself."""
    if isinstance(one.packet, arp.ArpFrame):
        return one.packet.is_gratuitous
    return not one.packet.is_solicited and one.packet.destination_ip == IPv6Address("ff02::1")


def _claim(event: Event) -> Claim | None:
    return claim(bytes.fromhex(event.data["hex"]), event.t_ns, str(event.data.get("observer", "")))
