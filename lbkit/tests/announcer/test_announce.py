"""Rules of what a segment is told, and when.

Pure.
"""

from collections import Counter
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from math import inf

import pytest

from lbkit.announcer.announce import FRAMES_AT_ONCE, FRAMES_EACH, GRAIN_S, Schedule, gratuitous, probe
from lbkit.model.views import IPAddress
from lbkit.packet.arp import Arp, Operation
from lbkit.packet.ethernet import BROADCAST
from lbkit.packet.ndp import NeighborAdvertisement, NeighborSolicitation

VIP = IPv4Address("192.0.2.10")
MAC = bytes.fromhex("020000000002")


def drive(schedule: Schedule, until_s: float, *, jitter: float = 0.0) -> list[tuple[float, IPAddress]]:
    """Run a schedule from 0 as its caller does; list (time, address) as they are taken."""
    now_s = 0.0
    told: list[tuple[float, IPAddress]] = []
    while now_s <= until_s:
        told += [(round(now_s, 3), address) for address in schedule.take(now_s, jitter)]
        now_s = max(schedule.next_s(), now_s + 0.001)
    return told


def test_both_forms_are_broadcast_and_name_the_address_twice() -> None:
    """RFC 5227: sender and target are the address; the request's target hardware address is zero."""
    assert gratuitous(VIP, MAC) == (
        Arp(BROADCAST, MAC, Operation.REQUEST, MAC, VIP, bytes(6), VIP),
        Arp(BROADCAST, MAC, Operation.REPLY, MAC, VIP, MAC, VIP),
    )


def test_an_ipv6_address_is_told_of_by_one_advertisement_to_all_nodes() -> None:
    """RFC 4861 section 7.2.6: unsolicited, with the Override flag, so that caches change at once."""
    address, all_nodes = IPv6Address("2001:db8::10"), IPv6Address("ff02::1")
    assert gratuitous(address, MAC) == (
        NeighborAdvertisement(
            bytes.fromhex("333300000001"), MAC, address, all_nodes, address, is_override=True, target_mac=MAC
        ),
    )


@pytest.mark.parametrize("address", [VIP, IPv6Address("2001:db8::10")], ids=str)
def test_who_tells_of_another_station_sends_in_its_own_name(address: IPAddress) -> None:
    """Bridges learn from the source of a frame where a station is; hosts from what is in it."""
    sender = bytes.fromhex("020000000003")
    for packet, usual in zip(gratuitous(address, MAC, sender), gratuitous(address, MAC), strict=True):
        assert packet.source == sender
        assert replace(packet, source=MAC) == usual


def test_a_take_over_is_told_three_times_and_then_every_ten_seconds() -> None:
    """0, 100, 600 ms, then the period."""
    schedule = Schedule()
    schedule.start(VIP, 0.0)
    assert [when for when, _ in drive(schedule, 21)] == pytest.approx(
        [0.0, 0.1, 0.6, 10.6, 20.6], abs=GRAIN_S / 2 + 0.02
    )


@pytest.mark.parametrize(("jitter", "expected"), [(-1.0, 8.6), (1.0, 12.6)])
def test_the_period_is_spread_by_a_fifth(jitter: float, expected: float) -> None:
    """10 s ± 20 %."""
    schedule = Schedule()
    schedule.start(VIP, 0.0)
    assert drive(schedule, 13, jitter=jitter)[3][0] == pytest.approx(expected, abs=GRAIN_S / 2 + 0.02)


def test_what_is_stopped_is_told_no_more() -> None:
    """Even if it was due."""
    schedule = Schedule()
    schedule.start(VIP, 0.0)
    schedule.stop(VIP)
    assert schedule.take(0.0, 0.0) == ()
    assert schedule.next_s() == inf


def test_what_is_started_again_begins_again_once() -> None:
    """The old round is forgotten."""
    schedule = Schedule()
    schedule.start(VIP, 0.0)
    assert schedule.take(0.0, 0.0) == (VIP,)
    schedule.start(VIP, 0.05)
    assert schedule.take(0.05, 0.0) == (VIP,)
    assert schedule.take(0.12, 0.0) == ()
    assert schedule.take(0.16, 0.0) == (VIP,)


def test_what_is_repeated_is_told_once_and_then_periodically() -> None:
    """A defence is one announcement (RFC 5227 section 2.4 c), and the period counts from it."""
    schedule = Schedule()
    schedule.start(VIP, 0.0)
    assert len(drive(schedule, 2)) == 3
    schedule.repeat(VIP, 3.0)
    assert schedule.take(3.0, 0.0) == (VIP,)
    assert schedule.take(12.9, 0.0) == ()
    assert schedule.take(13.0, 0.0) == (VIP,)


def test_what_comes_after_the_first_two_is_spare() -> None:
    """Until the address is taken over anew."""
    schedule = Schedule()
    schedule.start(VIP, 0.0)
    for expected in (False, False, True, True, True):
        assert schedule.take(schedule.next_s(), 0.0) == (VIP,)
        assert schedule.is_spare(VIP) is expected
    schedule.start(VIP, 21.0)
    assert schedule.take(21.0, 0.0) == (VIP,)
    assert not schedule.is_spare(VIP)


def test_a_repetition_adds_nothing_to_the_first_announcements() -> None:
    """They are still being made."""
    schedule = Schedule()
    schedule.start(VIP, 0.0)
    assert schedule.take(0.0, 0.0) == (VIP,)
    schedule.repeat(VIP, 0.05)
    assert schedule.take(0.05, 0.0) == ()
    assert schedule.take(0.1, 0.0) == (VIP,)


@pytest.mark.parametrize(("window_s", "most"), [(0.1, 200), (1.0, 2000)])
def test_a_segment_is_not_flooded_and_nobody_is_forgotten(window_s: float, most: int) -> None:
    """3,000 addresses at once: as many frames as the design allows in any window, and each told of in turn."""
    schedule = Schedule()
    addresses = [ip_address(0x0A000000 + number) for number in range(3000)]
    for address in addresses:
        schedule.start(address, 0.0)
    told = drive(schedule, 20)
    assert dict.fromkeys(addresses, 3) == Counter(address for when, address in told if when < 13)
    first = 0
    for last, (when, _) in enumerate(told):
        while told[first][0] <= when - window_s:
            first += 1
        assert FRAMES_EACH * (last - first + 1) <= most


def test_a_thousand_addresses_are_told_of_in_less_than_a_second_and_a_half() -> None:
    """Each once; their repetitions come after."""
    schedule = Schedule()
    addresses = [VIP + number for number in range(1000)]
    for address in addresses:
        schedule.start(address, 0.0)
    told = drive(schedule, 2)[:1000]
    assert {address for _, address in told} == set(addresses)
    assert told[-1][0] < 1.5


def test_what_is_periodic_falls_due_together() -> None:
    """A thousand addresses wake the stations of a segment ten times a second, not a hundred times."""
    schedule = Schedule()
    for number in range(100):
        schedule.start(VIP + number, 0.013 * number)
    jitter, told = 0.0, []
    now_s = 0.0
    while now_s < 60:
        jitter = (jitter * 7 + 0.37) % 2 - 1
        told += [now_s for _ in schedule.take(now_s, jitter)]
        now_s = max(schedule.next_s(), now_s + 0.001)
    assert len({when for when in told if 20 < when < 60}) <= 40 / GRAIN_S + 1


def test_a_late_caller_does_not_burst_twice_at_once() -> None:
    """Two frames of one address never share an instant."""
    schedule = Schedule()
    schedule.start(VIP, 0.0)
    assert schedule.take(5.0, 0.0) == (VIP,)


def test_many_addresses_are_told_of_in_many_turns() -> None:
    """Between two turns there is time for a heartbeat; and a turn is not taken for one address."""
    schedule = Schedule()
    for number in range(1000):
        schedule.start(VIP + number, 0.0)
    assert len(schedule.take(0.0, 0.0)) == FRAMES_AT_ONCE // FRAMES_EACH
    due_s = schedule.next_s()
    assert 0.01 < due_s < 0.02
    assert len(schedule.take(due_s, 0.0)) == FRAMES_AT_ONCE // FRAMES_EACH // 2


def test_a_probe_says_nothing_of_who_asks() -> None:
    """RFC 5227 and RFC 4862: nobody must learn the address from it."""
    assert probe(VIP, MAC) == Arp(BROADCAST, MAC, Operation.REQUEST, MAC, IPv4Address(0), bytes(6), VIP)
    address, group = IPv6Address("2001:db8::10"), IPv6Address("ff02::1:ff00:10")
    assert probe(address, MAC) == NeighborSolicitation(
        bytes.fromhex("3333ff000010"), MAC, IPv6Address(0), group, address
    )
