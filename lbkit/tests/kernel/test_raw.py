"""Rules of the raw sockets, with socket pairs in their place.

Shell: socket pairs of this process.
"""

import asyncio
import socket
from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv6Address

import pytest

from lbkit.announcer.desired import Interface
from lbkit.kernel.groups import Groups, Membership
from lbkit.kernel.raw import ARP_FROM_OTHERS, SOLICITATIONS_FROM_OTHERS, Wire
from lbkit.model.views import Family
from lbkit.packet.ndp import NeighborAdvertisement, NeighborSolicitation, encode, group_mac, solicited_node

ETH0 = Interface("eth0", 2, bytes.fromhex("020000000002"))
ETH1 = Interface("eth1", 3, bytes.fromhex("020000000003"))
BOTH = replace(ETH0, families=frozenset({4, 6}))
TARGET, GROUP = IPv6Address("2001:db8::a"), IPv6Address("ff02::1:ff00:a")
ARP_FRAME, IPV6_FRAME = bytes(12) + b"\x08\x06", bytes(12) + b"\x86\xdd"


class Net:
    """Interfaces whose other ends the test holds; `broken` ones cannot be opened.

    An end is known by the interface's name, that for IPv6 by `NAME/6`.
    """

    def __init__(self) -> None:
        self.ends: dict[str, socket.socket] = {}
        self.opened: list[str] = []
        self.broken: set[str] = set()
        self.heard: list[tuple[str, bytes]] = []

    def open(self, interface: str, family: Family) -> socket.socket:
        """Stand in for `open_socket`."""
        name = interface if family == 4 else f"{interface}/6"
        if name in self.broken:
            raise OSError(1, "Operation not permitted")
        self.opened.append(name)
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        here.setblocking(False)
        if name in self.ends:
            self.ends[name].close()
        self.ends[name] = there
        return here

    def hear(self, interface: Interface, frame: bytes) -> None:
        """Stand in for the speaker."""
        self.heard.append((interface.name, frame))


@pytest.fixture
def net() -> Iterator[Net]:
    """Give a net and close it."""
    made = Net()
    yield made
    for end in made.ends.values():
        end.close()


async def test_frames_are_heard_with_their_interface(net: Net) -> None:
    """Each interface has a socket of its own."""
    wire = Wire(net.hear, net.open)
    assert wire.update([ETH0, ETH1]) == (ETH0, ETH1)
    net.ends["eth1"].send(b"one")
    net.ends["eth0"].send(b"two")
    await asyncio.sleep(0.01)
    assert sorted(net.heard) == [("eth0", b"two"), ("eth1", b"one")]
    wire.close()


async def test_frames_are_sent_where_they_belong(net: Net) -> None:
    """And nowhere where there is no socket."""
    wire = Wire(net.hear, net.open)
    wire.update([ETH0])
    assert wire.send("eth0", b"frame") is True
    assert net.ends["eth0"].recv(100) == b"frame"
    assert wire.send("eth1", b"frame") is False
    wire.close()
    assert wire.send("eth0", b"frame") is False


async def test_a_send_that_fails_is_told_and_no_more(net: Net) -> None:
    """The other end is gone, as an interface may be."""
    wire = Wire(net.hear, net.open)
    wire.update([ETH0])
    net.ends["eth0"].close()
    assert wire.send("eth0", b"frame") is False
    wire.close()


async def test_an_interface_that_stays_keeps_its_socket(net: Net) -> None:
    """A new address on it is no reason to close it."""
    wire = Wire(net.hear, net.open)
    wire.update([ETH0])
    wire.update([replace(ETH0, addresses=(TARGET,))])
    assert net.opened == ["eth0"]
    wire.close()


async def test_each_family_has_a_socket_of_its_own(net: Net) -> None:
    """IPv6 may come later and go again; frames leave by the socket of their family."""
    wire = Wire(net.hear, net.open)
    assert wire.update([ETH0]) == (ETH0,)
    assert not wire.send("eth0", IPV6_FRAME)
    assert wire.update([BOTH]) == (BOTH,)
    assert net.opened == ["eth0", "eth0/6"]
    assert wire.send("eth0", IPV6_FRAME)
    assert wire.send("eth0", ARP_FRAME)
    assert (net.ends["eth0/6"].recv(100), net.ends["eth0"].recv(100)) == (IPV6_FRAME, ARP_FRAME)
    net.ends["eth0/6"].send(b"one")
    await asyncio.sleep(0.01)
    assert net.heard == [("eth0", b"one")]
    assert wire.update([ETH0]) == (ETH0,)
    assert not wire.send("eth0", IPV6_FRAME)
    wire.close()


async def test_a_family_that_cannot_be_opened_takes_only_itself_away(net: Net) -> None:
    """The interface announces what it can."""
    wire = Wire(net.hear, net.open)
    net.broken = {"eth0/6"}
    assert wire.update([BOTH]) == (ETH0,)
    net.broken = set()
    assert wire.update([BOTH]) == (BOTH,)
    wire.close()


class HeldGroups(Groups):
    """Notes what is to be held."""

    held: frozenset[Membership] = frozenset()

    def hold(self, wanted: Iterable[Membership]) -> None:
        """Stand in for the kernel."""
        self.held = frozenset(wanted)


async def test_groups_are_joined_where_ipv6_is_heard(net: Net) -> None:
    """On an interface without a socket for IPv6 nobody could answer."""
    groups = HeldGroups()
    wire = Wire(net.hear, net.open, groups)
    wire.update([BOTH, ETH1])
    wire.listen({"eth0": frozenset({GROUP}), "eth1": frozenset({GROUP}), "eth7": frozenset({GROUP})})
    assert groups.held == {(ETH0.index, GROUP)}
    wire.close()


async def test_an_interface_that_came_back_as_another_gets_a_new_socket(net: Net) -> None:
    """Another index or hardware address is another interface."""
    wire = Wire(net.hear, net.open)
    wire.update([ETH0])
    wire.update([replace(ETH0, index=9)])
    wire.update([replace(ETH0, index=9, mac=bytes.fromhex("020000000009"))])
    assert net.opened == ["eth0", "eth0", "eth0"]
    wire.close()


async def test_an_interface_that_cannot_be_opened_is_left_out_and_tried_again(net: Net) -> None:
    """The others work on."""
    wire = Wire(net.hear, net.open)
    net.broken = {"eth0"}
    assert wire.update([ETH0, ETH1]) == (ETH1,)
    net.broken = set()
    assert set(wire.update([ETH0, ETH1])) == {ETH0, ETH1}
    wire.close()


async def test_a_flood_leaves_the_loop_its_turn(net: Net) -> None:
    """Everything is heard in the end, but not in one go."""
    wire = Wire(net.hear, net.open)
    wire.update([ETH0])
    for number in range(150):
        net.ends["eth0"].send(bytes([number]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(net.heard) <= 128
    await asyncio.sleep(0.02)
    assert len(net.heard) == 150
    wire.close()


async def test_a_socket_closed_while_it_is_read_is_read_no_further(net: Net) -> None:
    """What a frame leads to may close the wire."""

    def hear_once(interface: Interface, frame: bytes) -> None:
        net.hear(interface, frame)
        wire.close()

    wire = Wire(hear_once, net.open)
    wire.update([ETH0])
    net.ends["eth0"].send(b"one")
    net.ends["eth0"].send(b"two")
    await asyncio.sleep(0.01)
    assert net.heard == [("eth0", b"one")]


def run(program: tuple[tuple[int, int, int, int], ...], frame: bytes, packet_type: int) -> int:
    """Run classic BPF as far as the filters use it; return how many bytes it keeps."""
    accumulator, at = 0, 0
    while True:
        operation, if_true, if_false, operand = program[at]
        at += 1
        if operation == 0x28:
            accumulator = int.from_bytes(frame[operand : operand + 2])
        elif operation == 0x30:
            if operand >= len(frame):
                return 0  # a load beyond the frame ends the program, and the frame is dropped
            accumulator = frame[operand]
        elif operation == 0x20:
            accumulator = packet_type
        elif operation == 0x15:
            at += if_true if accumulator == operand else if_false
        else:
            return operand


@pytest.mark.parametrize(
    ("ethertype", "packet_type", "expected"),
    [
        pytest.param(b"\x08\x06", 1, True, id="arp-broadcast"),
        pytest.param(b"\x08\x06", 0, True, id="arp-to-us"),
        pytest.param(b"\x08\x06", 4, False, id="arp-we-sent"),
        pytest.param(b"\x08\x00", 0, False, id="ipv4"),
    ],
)
def test_the_filter_keeps_arp_that_others_sent(ethertype: bytes, packet_type: int, expected: bool) -> None:
    """The kernel drops the rest before it wakes us."""
    assert bool(run(ARP_FROM_OTHERS, bytes(12) + ethertype + bytes(28), packet_type)) is expected


SOLICITATION = encode(
    NeighborSolicitation(
        group_mac(solicited_node(TARGET)),
        ETH1.mac,
        IPv6Address("2001:db8::1"),
        solicited_node(TARGET),
        TARGET,
        ETH1.mac,
    )
)
ADVERTISEMENT = encode(
    NeighborAdvertisement(ETH0.mac, ETH1.mac, TARGET, IPv6Address("2001:db8::1"), TARGET, target_mac=ETH1.mac)
)


@pytest.mark.parametrize(
    ("frame", "packet_type", "expected"),
    [
        pytest.param(SOLICITATION, 2, True, id="multicast"),
        pytest.param(SOLICITATION, 0, True, id="to-us"),
        pytest.param(SOLICITATION, 4, False, id="we-sent"),
        pytest.param(ADVERTISEMENT, 0, False, id="advertisement"),
        pytest.param(SOLICITATION[:54], 2, False, id="cut-off"),
        pytest.param(SOLICITATION[:20] + b"\x11" + SOLICITATION[21:], 2, False, id="udp"),
        pytest.param(SOLICITATION[:12] + b"\x08\x00" + SOLICITATION[14:], 2, False, id="ipv4"),
    ],
)
def test_the_filter_keeps_solicitations_that_others_sent(frame: bytes, packet_type: int, expected: bool) -> None:
    """Of all IPv6 only these need an answer."""
    assert bool(run(SOLICITATIONS_FROM_OTHERS, frame, packet_type)) is expected
