"""Gratuitous ARP and unsolicited NDP: what is sent to a segment when an address is taken over, and when.

A segment is told at 0, 100 and 600 ms (one frame may be lost, and so may the second), and then every 10 s ± 20 % while
the address is announced, as some devices forget and others start late; the spread keeps thousands of addresses from
beating together. All addresses of a segment together keep below 2,000 frames a second, and 200 in any tenth of one, so
that taking over a whole node does not flood it; what exceeds that waits its turn, oldest first.
Source: RFC 5227 section 2.3 (request form), RFC 5944 section 4.6 (both forms), RFC 4861 section 7.2.6 (unsolicited
advertisements); the numbers are the design's.

Pure.
"""

from heapq import heappop, heappush
from ipaddress import IPv4Address, IPv6Address
from math import inf
from typing import Final

from lbkit.model.views import IPAddress
from lbkit.packet import ndp
from lbkit.packet.arp import UNSPECIFIED, Arp, Operation
from lbkit.packet.ethernet import BROADCAST, ZERO_MAC
from lbkit.packet.ndp import NeighborAdvertisement, NeighborSolicitation

BURST_GAPS_S: Final = (0.1, 0.5)
"""After the first frames, sent at once; counted from those before, so that a late sender sends no two at one time."""
ANNOUNCE_NUM: Final = 2
"""Announcements that there must be (RFC 5227 section 1.1); here the first two, within less than a period of 150 ms."""
PERIOD_S: Final = 10.0
SPREAD: Final = 0.2
GRAIN_S: Final = 0.1
"""What is periodic falls due at whole multiples of it: every station of the segment wakes up for what one tells."""
FRAMES_PER_S: Final = 1500
FRAMES_AT_ONCE: Final = 40
"""After a time without any; whoever takes over a thousand addresses must not miss its heartbeat for them."""
FRAMES_EACH: Final = 2
"""Per address, at most: one request and one reply, or one advertisement."""


def gratuitous(address: IPAddress, mac: bytes, sender: bytes = b"") -> tuple[Arp | NeighborAdvertisement, ...]:
    """Make the frames that tell a segment where an address is now.

    All go to everyone. Of ARP's, some devices learn from requests only, some from replies only.

    Args:
        address: what is announced.
        mac: where it is, 6 bytes.
        sender: of the interface they leave from, if that is another: bridges learn from it.

    Returns:
        IPv4: the request form (target hardware address zero, RFC 5227) and the reply form (our own, RFC 5944).
        IPv6: one advertisement to all nodes that replaces what they know.
    """
    match address:
        case IPv4Address():
            return (
                Arp(BROADCAST, sender or mac, Operation.REQUEST, mac, address, ZERO_MAC, address),
                Arp(BROADCAST, sender or mac, Operation.REPLY, mac, address, mac, address),
            )
        case IPv6Address():
            group = ndp.ALL_NODES
            return (
                NeighborAdvertisement(
                    ndp.group_mac(group), sender or mac, address, group, address, is_override=True, target_mac=mac
                ),
            )


def probe(address: IPAddress, mac: bytes) -> Arp | NeighborSolicitation:
    """Make the frame that asks who has an address, and says nothing of who asks.

    Source: RFC 5227 section 2.1.1, RFC 4862 section 5.4.2.

    Args:
        address: what is asked for.
        mac: of the interface it leaves from, 6 bytes.
    """
    match address:
        case IPv4Address():
            return Arp(BROADCAST, mac, Operation.REQUEST, mac, UNSPECIFIED, ZERO_MAC, address)
        case IPv6Address():
            group = ndp.solicited_node(address)
            return NeighborSolicitation(ndp.group_mac(group), mac, ndp.UNSPECIFIED, group, address)


def next_due_s(told: int, sent_s: float, jitter: float) -> float:
    """Say when an address is told of again.

    Args:
        told: how often it was told of since it was taken over, at least once.
        sent_s: when it was told of last.
        jitter: -1 to 1; how the period is spread.

    Returns:
        A time on the clock of `sent_s`.
    """
    if told <= len(BURST_GAPS_S):
        return sent_s + BURST_GAPS_S[told - 1]
    return round((sent_s + PERIOD_S * (1 + SPREAD * jitter)) / GRAIN_S) * GRAIN_S


class Schedule:
    """Which addresses are due, under the limit of frames per second.

    Times are seconds on any one monotonic clock, which the caller reads.
    """

    def __init__(self) -> None:
        self._due: list[tuple[float, int, IPAddress]] = []
        self._told: dict[IPAddress, tuple[int, int]] = {}
        self._serial = 0
        self._allowance = float(FRAMES_AT_ONCE)
        self._filled_s = 0.0

    def start(self, address: IPAddress, now_s: float) -> None:
        """Tell of `address` from now on; once more from the beginning if it is told of already."""
        self._serial += 1
        self._told[address] = (0, self._serial)
        heappush(self._due, (now_s, self._serial, address))

    def repeat(self, address: IPAddress, now_s: float) -> None:
        """Tell of `address` once more now, and then as periodically as before; nothing new while its first are told."""
        if self._told[address][0] > len(BURST_GAPS_S):
            self._serial += 1
            self._told[address] = (len(BURST_GAPS_S), self._serial)
            heappush(self._due, (now_s, self._serial, address))

    def is_spare(self, address: IPAddress) -> bool:
        """Say whether what was taken last of `address` came after the announcements that there must be."""
        return self._told[address][0] > ANNOUNCE_NUM

    def stop(self, address: IPAddress) -> None:
        """Tell of `address` no more."""
        self._told.pop(address, None)

    def take(self, now_s: float, jitter: float) -> tuple[IPAddress, ...]:
        """Take the addresses to be told of now, and set their next time.

        Args:
            now_s: the time.
            jitter: -1 to 1; a new value for each call.

        Returns:
            Oldest first, as many as the limit allows.
        """
        self._fill(now_s)
        taken: list[IPAddress] = []
        while self._due and self._due[0][0] <= now_s and self._allowance >= FRAMES_EACH:
            _, serial, address = heappop(self._due)
            told = self._told.get(address)
            if told is None or told[1] != serial:
                continue
            self._allowance -= FRAMES_EACH
            self._told[address] = (told[0] + 1, serial)
            heappush(self._due, (next_due_s(told[0] + 1, now_s, jitter), serial, address))
            taken.append(address)
        return tuple(taken)

    def next_s(self) -> float:
        """Say when there is something to take, and worth a turn; infinity if never."""
        if not self._due:
            return inf
        missing = FRAMES_AT_ONCE / 2 - self._allowance if self._allowance < FRAMES_EACH else 0.0
        return max(self._due[0][0], self._filled_s + missing / FRAMES_PER_S)

    def _fill(self, now_s: float) -> None:
        """Let the allowance grow with time, up to what may go at once."""
        elapsed_s = max(0.0, now_s - self._filled_s)
        self._allowance = min(float(FRAMES_AT_ONCE), self._allowance + elapsed_s * FRAMES_PER_S)
        self._filled_s = now_s
