"""Rules of one interface on the wire, with frames in memory and time that stands still until it is moved.

Pure.
"""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbkit.announcer.election.events import CarrierChanged, Drain, Leave
from lbkit.packet import datagram, heartbeat, ndp, resolution
from lbkit.packet.arp import Arp, Operation
from lbkit.packet.drop import DropReason
from lbkit.packet.heartbeat import Heartbeat, Keyring
from lbkit.packet.ndp import NeighborAdvertisement, NeighborSolicitation
from lbkit.tests.speaker.stations import (
    KEYRING,
    READY_S,
    STEP_S,
    STRANGER,
    STRANGER_IP,
    VIP,
    VIP6,
    Segment,
    alone,
    counts,
    question,
)


def test_a_request_is_answered_by_the_owner_and_by_nobody_else() -> None:
    """At once, in the turn in which it is heard."""
    segment = Segment()
    for name in ("a", "b"):
        segment.add(name)
    segment.run(READY_S)
    answers = [segment.ask(station, question()) for station in segment.stations.values()]
    assert sorted(len(each) for each in answers) == [0, 1]
    owner = next(each for each in segment.stations.values() if each.segment.mine)
    (reply,) = segment.ask(owner, question())
    assert isinstance(reply, Arp)
    assert (reply.operation, reply.sender_ip, reply.sender_mac) == (Operation.REPLY, VIP, owner.interface.mac)
    other = next(each for each in segment.stations.values() if not each.segment.mine)
    before = counts(other, DropReason.NOT_ANNOUNCED)
    assert segment.ask(other, question()) == []
    assert counts(other, DropReason.NOT_ANNOUNCED) == before + 1


def test_a_question_that_is_asked_again_is_answered_as_things_are_then() -> None:
    """Replies are kept, and neither a change of the interface nor of what is held leaves an old one."""
    segment, station = alone()
    first, again = segment.ask(station, question()), segment.ask(station, question())
    assert first == again != []
    station.use(replace(station.interface, mac=bytes.fromhex("020000000077")))
    (reply,) = segment.ask(station, question())
    assert isinstance(reply, Arp)
    assert reply.sender_mac == bytes.fromhex("020000000077")
    station.give(CarrierChanged(is_up=False))
    assert segment.ask(station, question()) == []
    assert station.shared.counts.requests[VIP] == station.shared.counts.responses[VIP] == 3


def test_a_question_that_claims_an_address_of_ours_is_a_conflict_each_time() -> None:
    """However often the very same frame comes."""
    _, station = alone(VIP, IPv4Address("192.0.2.11"))
    frame = resolution.encode(question(IPv4Address("192.0.2.11"), sender_ip=VIP))
    for _ in range(3):
        station.on_frame(frame)
    assert station.shared.counts.conflicts[VIP] == 3


def test_a_solicitation_is_answered_and_its_group_listened_to() -> None:
    """Both families are owned alike."""
    segment, station = alone(VIP6)
    group = ndp.solicited_node(VIP6)
    assert station.groups == {group}
    asked = NeighborSolicitation(ndp.group_mac(group), STRANGER, IPv6Address("fe80::aa"), group, VIP6, STRANGER)
    (answer,) = segment.ask(station, asked)
    assert isinstance(answer, NeighborAdvertisement)
    assert (answer.target, answer.target_mac, answer.is_solicited) == (VIP6, station.interface.mac, True)


@pytest.mark.parametrize(
    ("is_asked", "times"), [pytest.param(True, 3, id="among others"), pytest.param(False, 2, id="alone")]
)
def test_a_first_claim_is_probed_for_and_told(*, is_asked: bool, times: int) -> None:
    """Three probes that say nothing of us, then both forms of the announcement, three times within 600 ms.

    Twice, where nothing is heard on the segment.
    """
    segment, station = alone()
    for _ in range(7):
        segment.run(0.1)
        if is_asked:
            station.on_frame(resolution.encode(question(IPv4Address("192.0.2.99"))))
    arps = [each for each in segment.sent() if isinstance(each, Arp)]
    probes = [each for each in arps if each.sender_ip == IPv4Address(0)]
    told = [each.operation for each in arps if each.sender_ip == VIP]
    assert len(probes) == 3
    assert told == [Operation.REQUEST, Operation.REPLY] * times
    assert station.shared.changes == {("eth0", VIP): (1, "")}


def test_who_lost_its_lease_is_silent_and_says_why() -> None:
    """Time in which the process did not run: others may have taken over."""
    segment, station = alone()
    segment.now_s += 5.0
    assert segment.ask(station, question()) == []
    assert counts(station, DropReason.NO_LEASE) == 1
    segment.run(0.5)
    assert len(segment.ask(station, question())) == 1


def test_a_heartbeat_that_comes_due_while_a_question_is_read_costs_no_answer() -> None:
    """It is sent first. Eight times a second, one in a thousand questions would be lost else."""
    segment, station = alone()
    segment.ask(station, question())
    segment.reading_s = 0.000_1
    segment.now_s = station.segment.wake_s - 1.5 * segment.reading_s
    assert len(segment.ask(station, question())) == 1
    assert len(segment.beats()) == 1
    assert counts(station, DropReason.NO_LEASE) == 0


def test_a_stranger_that_answers_a_probe_keeps_the_address() -> None:
    """It is reported, and not announced here."""
    segment = Segment()
    station = segment.add("a")
    segment.run(1.15)
    reply = Arp(station.interface.mac, STRANGER, Operation.REPLY, STRANGER, VIP, station.interface.mac, IPv4Address(0))
    station.on_frame(resolution.encode(reply))
    segment.run(2.0)
    assert segment.ask(station, question()) == []
    (conflict,) = station.shared.conflicts.values()
    assert (conflict.address, conflict.mac, conflict.is_held) == (VIP, STRANGER, False)


def test_a_stranger_that_probes_for_what_we_probe_for_counts_as_well() -> None:
    """RFC 5227 section 2.1.1: both give way."""
    segment = Segment()
    station = segment.add("a")
    segment.run(1.15)
    station.on_frame(resolution.encode(question(sender_ip=IPv4Address(0))))
    segment.run(2.0)
    assert not station.segment.mine


def test_what_is_held_is_defended_against_a_stranger_once_in_ten_seconds() -> None:
    """RFC 5227 section 2.4 (c): one announcement in DEFEND_INTERVAL at most, here in ARP's two forms."""
    segment, station = alone()
    segment.run(3.0)
    segment.frames.clear()
    for _ in range(5):
        station.on_frame(resolution.encode(question(STRANGER_IP, sender_ip=VIP)))
        segment.run(0.2)
    assert len([each for each in segment.sent() if isinstance(each, Arp)]) == 2
    assert station.shared.counts.conflicts[VIP] == 5
    assert len(segment.ask(station, question())) == 1


def test_a_probe_for_what_is_answered_for_is_a_question() -> None:
    """Whoever wants the address hears that it is taken; that is no conflict."""
    segment, station = alone()
    assert len(segment.ask(station, question(sender_ip=IPv4Address(0)))) == 1
    assert not station.shared.conflicts


def test_who_hears_nothing_repeats_no_announcement() -> None:
    """Clients would follow it to a station that does not hear them; where it hears somebody, it tells again."""
    segment, station = alone()
    segment.run(3.0)
    segment.frames.clear()
    segment.run(30.0)
    assert segment.sent() == []
    for _ in range(60):
        station.on_frame(resolution.encode(question(IPv4Address("192.0.2.77"))))
        segment.run(0.2)
    assert len(segment.sent()) == 2


def test_a_station_that_hears_nothing_does_not_mislead_the_segment_for_long() -> None:
    """It takes itself for alone, and tells of what it claims; who answers for that tells again, each time."""
    segment = Segment()
    stations = {name: segment.add(name) for name in ("a", "b")}
    segment.run(READY_S)
    segment.run(3.0)
    able, deaf = sorted(stations, key=lambda name: VIP in stations[name].segment.mine, reverse=True)
    segment.deaf.add(deaf)
    segment.frames.clear()
    segment.run(3.0)
    told = [each.sender_mac for each in segment.sent() if isinstance(each, Arp)]
    macs = {name: station.interface.mac for name, station in stations.items()}
    assert told == [*[macs[deaf]] * 2, *[macs[able]] * 2] * 2


def test_another_hardware_address_is_told_at_once() -> None:
    """Nothing else changes: the address stays."""
    segment, station = alone()
    segment.run(3.0)
    segment.frames.clear()
    station.use(replace(station.interface, mac=bytes.fromhex("020000000077")))
    station.tick()
    assert {each.sender_mac for each in segment.sent() if isinstance(each, Arp)} == {bytes.fromhex("020000000077")}
    (reply,) = segment.ask(station, question())
    assert isinstance(reply, Arp)
    assert reply.sender_mac == bytes.fromhex("020000000077")


def test_a_lost_carrier_silences_and_its_return_begins_anew() -> None:
    """It listens first."""
    segment, station = alone()
    station.give(CarrierChanged(is_up=False))
    assert segment.ask(station, question()) == []
    assert station.shared.changes["eth0", VIP] == (0, "NoCarrier")
    station.give(CarrierChanged(is_up=True))
    segment.run(0.5)
    assert segment.ask(station, question()) == []
    segment.run(1.5)
    assert len(segment.ask(station, question())) == 1


def test_who_drains_hands_over_and_who_leaves_says_so() -> None:
    """Three last words."""
    segment = Segment()
    for name in ("a", "b"):
        segment.add(name)
    segment.run(READY_S)
    first = next(each for each in segment.stations.values() if each.segment.mine)
    other = next(each for each in segment.stations.values() if each is not first)
    first.give(Drain())
    segment.run(0.1)
    assert len(segment.ask(other, question())) == 1
    assert first.segment.is_handed_over
    segment.frames.clear()
    first.give(Leave())
    assert [each.is_leaving for each in segment.beats()] == [True] * 3


def forged(change: Callable[[bytes], bytes]) -> bytes:
    """Make a heartbeat of a station that does not exist, and change its frame."""
    beat = Heartbeat("z", "eth0", epoch=9, sequence=9)
    return change(datagram.encode(heartbeat.encode(beat, KEYRING), STRANGER, STRANGER_IP))


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        pytest.param(forged(lambda data: data[:-1] + bytes([data[-1] ^ 1])), DropReason.NOT_AUTHENTIC, id="forged"),
        pytest.param(forged(lambda data: data[:60]), DropReason.TRUNCATED, id="truncated"),
        pytest.param(
            datagram.encode(
                heartbeat.encode(Heartbeat("z", "eth0", 1, 1), replace(KEYRING, cluster=b"elsewher")),
                STRANGER,
                STRANGER_IP,
            ),
            DropReason.OTHER_CLUSTER,
            id="another-cluster",
        ),
        pytest.param(
            datagram.encode(
                heartbeat.encode(Heartbeat("z", "eth0", 1, 1), Keyring(bytes(8), {2: b"x" * 32}, 2)),
                STRANGER,
                STRANGER_IP,
            ),
            DropReason.UNKNOWN_KEY,
            id="another-key",
        ),
    ],
)
def test_what_is_no_heartbeat_of_this_cluster_is_dropped_and_counted(frame: bytes, reason: DropReason) -> None:
    """And changes nothing."""
    segment, station = alone()
    station.on_frame(frame)
    assert counts(station, reason) == 1
    assert len(station.segment.peers) == 0
    assert len(segment.ask(station, question())) == 1


def test_a_replayed_heartbeat_says_nothing() -> None:
    """Of a node that is gone meanwhile."""
    segment = Segment()
    for name in ("a", "b"):
        segment.add(name)
    segment.run(READY_S)
    (recorded, *_) = [frame for frame in reversed(segment.frames) if frame[6:12] == segment.stations["b"].interface.mac]
    del segment.stations["b"]
    segment.run(2.0)
    for _ in range(20):
        segment.stations["a"].on_frame(recorded)
        segment.run(0.05)
    (peer,) = segment.stations["a"].segment.peers
    assert peer.is_gone


def test_lost_heartbeats_are_counted_by_peer() -> None:
    """From the gaps between those that were heard."""
    segment = Segment()
    one, other = segment.add("a"), segment.add("b")
    segment.run(READY_S)
    for _ in range(3):
        before = len(segment.frames)
        while len(segment.frames) == before:
            segment.now_s += STEP_S
            other.tick()
        segment._waiting.clear()  # lost
    segment.run(0.3)
    (hearing,) = one.hearing.values()
    assert hearing.lost >= 3
    assert hearing.heard > 10
    assert 0 <= hearing.known_after_s < 0.3


@settings(max_examples=20)
@given(st.lists(st.binary(max_size=120), max_size=20))
def test_random_bytes_stop_nothing(frames: list[bytes]) -> None:
    """They are dropped, counted, and that is all."""
    segment, station = alone()
    for frame in frames:
        station.on_frame(frame)
    assert len(segment.ask(station, question())) == 1


def test_frames_that_the_kernel_does_not_take_are_counted() -> None:
    """And not taken for sent."""
    segment, station = alone()
    station._send = lambda _: False  # full from now on
    assert segment.ask(station, question()) == []
    assert station.shared.counts.unsent >= 1
    assert not station.shared.counts.responses


def test_heartbeats_come_from_the_address_that_is_there() -> None:
    """IPv4, else the link-local one, else none."""
    segment = Segment()
    station = segment.add("a")
    for addresses, expected in (
        (("192.0.2.7", "fe80::7"), "192.0.2.7"),
        (("2001:db8::7", "fe80::7"), "fe80::7"),
        ((), "0.0.0.0"),
    ):
        station.use(replace(station.interface, addresses=tuple(ip_address(each) for each in addresses)))
        segment.frames.clear()
        segment.run(0.2)
        frame = segment.frames[0]
        source = IPv4Address(frame[26:30]) if frame[12:14] == b"\x08\x00" else IPv6Address(frame[22:38])
        assert source == ip_address(expected)
