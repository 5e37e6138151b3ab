"""Rules of layer 2 on the wire, with a fake wire.

Pure.
"""

import asyncio
from ipaddress import IPv4Address, IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from lbkit.announcer.diff import Announce, Withdraw
from lbkit.packet import ndp
from lbkit.packet.arp import Arp, Operation, decode, encode
from lbkit.packet.drop import DropReason
from lbkit.packet.ethernet import BROADCAST
from lbkit.speaker.counters import Counters
from lbkit.speaker.responder import Responder
from lbkit.tests.speaker.world import ETH0, ETH1, FakeWire

VIP = IPv4Address("192.0.2.10")
VIP6 = IPv6Address("2001:db8::a")
ASKER = bytes.fromhex("0200000000aa")
REQUEST = encode(Arp(BROADCAST, ASKER, Operation.REQUEST, ASKER, IPv4Address("192.0.2.1"), bytes(6), VIP))

SOLICITATION = ndp.encode(
    ndp.NeighborSolicitation(
        ndp.group_mac(ndp.solicited_node(VIP6)),
        ASKER,
        IPv6Address("2001:db8::1"),
        ndp.solicited_node(VIP6),
        VIP6,
        ASKER,
    )
)


def responder(wire: FakeWire, now: list[float]) -> Responder:
    """Make one that listens on both interfaces and reads its time from `now`."""
    made = Responder(Counters(), lambda: now[0], lambda: 0.0)
    made.attach(wire)
    made.use([ETH0, ETH1])
    return made


def counters(of: Responder) -> Counters:
    """Look at what it counted."""
    return of._counters  # a test's look


def test_a_request_is_answered_on_its_interface_and_counted() -> None:
    """By the interface it came from."""
    wire = FakeWire()
    made = responder(wire, [0.0])
    made.carry_out([Announce(VIP, frozenset({"eth0", "eth1"}))])
    made.on_frame(ETH1, REQUEST)
    (interface, frame), *more = wire.sent
    answer = decode(frame)
    assert (interface, more) == ("eth1", [])
    assert isinstance(answer, Arp)
    assert (answer.sender_mac, answer.destination) == (ETH1.mac, ASKER)
    assert counters(made).requests[VIP] == counters(made).responses[VIP] == 1


def test_what_is_not_announced_is_not_answered_and_counted_by_reason() -> None:
    """Before, on another interface, and after."""
    wire = FakeWire()
    made = responder(wire, [0.0])
    made.on_frame(ETH0, REQUEST)
    made.carry_out([Announce(VIP, frozenset({"eth1"}))])
    made.on_frame(ETH0, REQUEST)
    made.carry_out([Withdraw(VIP)])
    made.on_frame(ETH0, REQUEST)
    assert wire.sent == []
    assert counters(made).drops == {DropReason.NOT_ANNOUNCED: 2, DropReason.OTHER_INTERFACE: 1}
    assert counters(made).requests[VIP] == 1


def test_ipv6_is_asked_for_in_groups_and_answered() -> None:
    """By the same way as IPv4; who asks is heard only in the group of the address, which is left with it."""
    wire = FakeWire()
    made = responder(wire, [0.0])
    made.carry_out([Announce(VIP6, frozenset({"eth1"})), Announce(VIP, frozenset({"eth0"}))])
    assert wire.groups == {"eth1": {IPv6Address("ff02::1:ff00:a")}}
    made.on_frame(ETH1, SOLICITATION)
    (_, frame), *more = wire.sent
    answer = ndp.decode(frame)
    assert isinstance(answer, ndp.NeighborAdvertisement)
    assert (answer.target, answer.target_mac, answer.is_solicited, more) == (VIP6, ETH1.mac, True, [])
    made.carry_out([Withdraw(VIP6)])
    assert wire.groups == {}
    made.on_frame(ETH1, SOLICITATION)
    assert len(wire.sent) == 1


def test_groups_follow_the_interfaces() -> None:
    """An interface that came back must be in its groups again."""
    wire = FakeWire()
    made = responder(wire, [0.0])
    made.carry_out([Announce(VIP6, frozenset({"eth1"}))])
    wire.groups = {}
    made.use([ETH1])
    assert wire.groups == {"eth1": {IPv6Address("ff02::1:ff00:a")}}


@given(st.binary(max_size=80))
def test_random_bytes_stop_nothing(data: bytes) -> None:
    """They are dropped, counted, and that is all."""
    wire = FakeWire()
    made = responder(wire, [0.0])
    made.carry_out([Announce(VIP, frozenset({"eth0"}))])
    made.on_frame(ETH0, data)
    made.on_frame(ETH0, REQUEST)
    assert len(wire.sent) >= 1


def test_a_taken_up_address_is_told_on_its_interfaces_only() -> None:
    """Both forms, at once."""
    wire = FakeWire()
    now = [0.0]
    made = responder(wire, now)
    made.carry_out([Announce(VIP, frozenset({"eth1"}))])
    wait_s = made.tell_now()
    assert [interface for interface, _ in wire.sent] == ["eth1", "eth1"]
    assert wait_s is not None
    assert 0.09 < wait_s < 0.11
    assert counters(made).gratuitous[VIP] == 2


def test_a_given_up_address_is_told_no_more() -> None:
    """The next owner tells."""
    wire = FakeWire()
    now = [0.0]
    made = responder(wire, now)
    made.carry_out([Announce(VIP, frozenset({"eth1"}))])
    made.tell_now()
    wire.sent.clear()
    made.carry_out([Withdraw(VIP)])
    now[0] = 30.0
    made.tell_now()
    assert wire.sent == []


async def test_telling_wakes_up_for_a_new_address() -> None:
    """It sleeps while there is nothing to tell."""
    wire = FakeWire()
    made = responder(wire, [0.0])
    task = asyncio.create_task(made.tell())
    await asyncio.sleep(0)
    made.carry_out([Announce(VIP, frozenset({"eth0"}))])
    await asyncio.sleep(0.01)
    assert len(wire.sent) == 2
    task.cancel()
    await asyncio.wait([task])


def test_stopping_closes_the_wire() -> None:
    """On SIGTERM nothing more is answered."""
    wire = FakeWire()
    made = responder(wire, [0.0])
    made.carry_out([Announce(VIP, frozenset({"eth0"}))])
    made.stop()
    made.on_frame(ETH0, REQUEST)
    assert wire.is_closed
    assert wire.sent == []


def test_frames_that_the_kernel_does_not_take_are_counted() -> None:
    """And not taken for sent."""

    class Full(FakeWire):
        def send(self, interface: str, frame: bytes) -> bool:  # noqa: ARG002  # takes nothing
            return False

    made = responder(Full(), [0.0])
    made.carry_out([Announce(VIP, frozenset({"eth0"}))])
    made.on_frame(ETH0, REQUEST)
    made.tell_now()
    assert counters(made).unsent == 3
    assert counters(made).responses[VIP] == counters(made).gratuitous[VIP] == 0
