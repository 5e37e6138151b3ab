"""Rules of the raw sockets, with socket pairs in their place.

Shell: socket pairs of this process.
"""

import socket
from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest

from lbkit.announcer.desired import Interface
from lbkit.kernel.groups import Groups, Membership
from lbkit.kernel.poller import Poller
from lbkit.kernel.raw import ARP, HEARTBEATS_BY_IPV4, NEIGHBORS_AND_HEARTBEATS_BY_IPV6, Wire
from lbkit.model.views import IPAddress
from lbkit.packet import datagram
from lbkit.packet.ndp import NeighborAdvertisement, NeighborSolicitation, encode, group_mac, solicited_node
from lbkit.tests.kernel.bpf import run

ETH0 = Interface("eth0", 2, bytes.fromhex("020000000002"))
ETH1 = Interface("eth1", 3, bytes.fromhex("020000000003"))
TARGET, GROUP = IPv6Address("2001:db8::a"), IPv6Address("ff02::1:ff00:a")
ARP_FRAME, IPV6_FRAME = bytes(12) + b"\x08\x06", bytes(12) + b"\x86\xdd"


class HeldGroups(Groups):
    """Notes what is to be held."""

    held: frozenset[Membership] = frozenset()

    def hold(self, wanted: Iterable[Membership]) -> None:
        """Stand in for the kernel."""
        self.held = frozenset(wanted)


class Net:
    """Interfaces whose other ends the test holds; `broken` ones cannot be opened.

    An end is known by the interface's name and the Ethernet type.
    """

    def __init__(self) -> None:
        self.ends: dict[tuple[str, int], socket.socket] = {}
        self.opened: list[str] = []
        self.broken: set[str] = set()
        self.heard: list[tuple[str, bytes]] = []
        self.complaints: list[str] = []
        self.poller = Poller()
        self.groups = HeldGroups(self.complaints.append)
        self.wire = Wire(self.poller, self.hear, self.open, complain=self.complaints.append, groups=self.groups)

    def open(self, interface: str, ethertype: int) -> socket.socket:
        """Stand in for `open_socket`."""
        if interface in self.broken and ethertype == 0x86DD:
            raise OSError(1, "Operation not permitted")
        if ethertype == 0x0806:
            self.opened.append(interface)
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        here.setblocking(False)
        there.setblocking(False)
        if (interface, ethertype) in self.ends:
            self.ends[interface, ethertype].close()
        self.ends[interface, ethertype] = there
        return here

    def hear(self, interface: str, frame: bytes) -> None:
        """Stand in for the stations."""
        self.heard.append((interface, frame))


@pytest.fixture
def net() -> Iterator[Net]:
    """Give a net and close it."""
    made = Net()
    yield made
    made.wire.close()
    for end in made.ends.values():
        end.close()


def test_frames_are_heard_with_their_interface(net: Net) -> None:
    """Each interface has sockets of its own, one for each type of frame."""
    assert net.wire.update([ETH0, ETH1]) == {"eth0", "eth1"}
    net.ends["eth1", 0x0806].send(b"one")
    net.ends["eth0", 0x86DD].send(b"two")
    net.ends["eth0", 0x0800].send(b"three")
    net.poller.wait(0)
    assert sorted(net.heard) == [("eth0", b"three"), ("eth0", b"two"), ("eth1", b"one")]


def test_frames_are_sent_where_they_belong(net: Net) -> None:
    """By the socket of their type, and nowhere where there is none."""
    net.wire.update([ETH0])
    assert net.wire.send("eth0", ARP_FRAME) is True
    assert net.wire.send("eth0", IPV6_FRAME) is True
    assert net.ends["eth0", 0x0806].recv(100) == ARP_FRAME
    assert net.ends["eth0", 0x86DD].recv(100) == IPV6_FRAME
    assert net.wire.send("eth1", ARP_FRAME) is False
    net.wire.close()
    assert net.wire.send("eth0", ARP_FRAME) is False


def test_a_send_that_fails_is_told_and_no_more(net: Net) -> None:
    """The other end is gone, as an interface may be."""
    net.wire.update([ETH0])
    net.ends["eth0", 0x0806].close()
    assert net.wire.send("eth0", ARP_FRAME) is False


def test_an_interface_that_stays_keeps_its_sockets(net: Net) -> None:
    """A new address on it, or another family, is no reason to close them."""
    net.wire.update([ETH0])
    net.wire.update([replace(ETH0, addresses=(TARGET,), families=frozenset({4, 6}))])
    assert net.opened == ["eth0"]


def test_groups_are_joined_where_there_are_sockets(net: Net) -> None:
    """On other interfaces nobody could answer."""
    net.wire.update([ETH0, ETH1])
    net.wire.listen({"eth0": frozenset({GROUP}), "eth7": frozenset({GROUP})})
    assert net.groups.held == {(ETH0.index, GROUP)}


def test_an_interface_that_came_back_as_another_gets_new_sockets(net: Net) -> None:
    """Another index or hardware address is another interface."""
    net.wire.update([ETH0])
    net.wire.update([replace(ETH0, index=9)])
    net.wire.update([replace(ETH0, index=9, mac=bytes.fromhex("020000000009"))])
    assert net.opened == ["eth0", "eth0", "eth0"]


def test_an_interface_that_cannot_be_opened_is_left_out_and_tried_again(net: Net) -> None:
    """Whole: one that hears no heartbeats must not answer."""
    net.broken = {"eth0"}
    assert net.wire.update([ETH0, ETH1]) == {"eth1"}
    assert "eth0" in net.complaints[0]
    net.broken = set()
    assert net.wire.update([ETH0, ETH1]) == {"eth0", "eth1"}


def test_a_flood_leaves_the_loop_its_turn(net: Net) -> None:
    """Everything is heard in the end, but not in one go."""
    net.wire.update([ETH0])
    for number in range(150):
        net.ends["eth0", 0x0806].send(bytes([number]))
    net.poller.wait(0)
    assert len(net.heard) == 64
    net.poller.wait(0)
    net.poller.wait(0)
    assert len(net.heard) == 150


def test_a_socket_closed_while_it_is_read_is_read_no_further(net: Net) -> None:
    """What a frame leads to may close the wire."""
    heard: list[bytes] = []

    def hear_once(_: str, frame: bytes) -> None:
        heard.append(frame)
        wire.close()

    wire = Wire(net.poller, hear_once, net.open, complain=net.complaints.append, groups=net.groups)
    wire.update([ETH0])
    net.ends["eth0", 0x0806].send(b"one")
    net.ends["eth0", 0x0806].send(b"two")
    net.ends["eth0", 0x86DD].send(b"three")
    net.poller.wait(0)
    assert len(heard) == 1


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
    assert bool(run(ARP, bytes(12) + ethertype + bytes(28), packet_type)) is expected


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
        pytest.param(ADVERTISEMENT, 0, True, id="advertisement"),
        pytest.param(SOLICITATION[:54], 2, False, id="cut-off"),
        pytest.param(SOLICITATION[:20] + b"\x11" + SOLICITATION[21:], 2, False, id="udp"),
        pytest.param(SOLICITATION[:12] + b"\x08\x00" + SOLICITATION[14:], 2, False, id="ipv4"),
    ],
)
def test_the_filter_keeps_neighbor_discovery_that_others_sent(frame: bytes, packet_type: int, expected: bool) -> None:
    """Questions, and what tells whose an address is."""
    assert bool(run(NEIGHBORS_AND_HEARTBEATS_BY_IPV6, frame, packet_type)) is expected


@pytest.mark.parametrize("source", [IPv4Address("192.0.2.1"), IPv6Address("fe80::1")], ids=str)
def test_the_filters_keep_heartbeats_that_others_sent(source: IPAddress) -> None:
    """And no datagram to another port, nor a half one."""
    frame = datagram.encode(b"beat", ETH1.mac, source)
    program, port = (HEARTBEATS_BY_IPV4, 36) if source.version == 4 else (NEIGHBORS_AND_HEARTBEATS_BY_IPV6, 56)
    assert run(program, frame, 1)
    assert not run(program, frame, 4)
    assert not run(program, frame[:port] + b"\x00\x35" + frame[port + 2 :], 1)
    assert not run(program, frame[:port], 1)


def test_the_filter_for_ipv4_keeps_nothing_else() -> None:
    """Neither other protocols nor packets with options, of which no heartbeat is."""
    frame = datagram.encode(b"beat", ETH1.mac, IPv4Address("192.0.2.1"))
    assert not run(HEARTBEATS_BY_IPV4, frame[:23] + b"\x06" + frame[24:], 0)
    assert not run(HEARTBEATS_BY_IPV4, frame[:14] + b"\x46" + frame[15:], 0)
