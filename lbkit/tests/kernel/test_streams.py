"""Rules of the sockets that hear connections begin and end, with socket pairs in their place.

Shell: socket pairs of this process.
"""

import socket
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from lbkit.kernel.poller import Poller
from lbkit.kernel.raw import FRAMES_PER_WAKE
from lbkit.kernel.streams import EDGES_BY_IPV4, EDGES_BY_IPV6, Streams
from lbkit.packet.tcp import FIN, RST, SYN
from lbkit.tests.kernel.bpf import run
from lbkit.tests.packet.tcp_frames import ACK, frame

ENDS = (
    pytest.param(("192.0.2.7", "192.0.2.10"), id="ipv4"),
    pytest.param(("2001:db8::7", "2001:db8::a"), id="ipv6"),
)


class Net:
    """Interfaces whose other ends the test holds; `broken` ones cannot be opened."""

    def __init__(self) -> None:
        self.ends: dict[tuple[str, int], socket.socket] = {}
        self.made: list[socket.socket] = []
        self.broken: set[str] = set()
        self.heard: list[tuple[str, bytes]] = []
        self.complaints: list[str] = []
        self.poller = Poller()
        self.streams = Streams(self.poller, self.hear, self.open, complain=self.complaints.append)

    def open(self, interface: str, ethertype: int) -> socket.socket:
        """Stand in for `open_socket`."""
        if interface in self.broken:
            raise OSError(19, "No such device")
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        here.setblocking(False)
        self.ends[interface, ethertype] = there
        self.made.append(there)
        return here

    def hear(self, interface: str, headers: bytes) -> None:
        """Stand in for the stations."""
        self.heard.append((interface, headers))

    def close(self) -> None:
        """Close all ends."""
        self.streams.close()
        for end in self.made:
            end.close()


@pytest.fixture
def net() -> Iterator[Net]:
    """Give a net and close it."""
    made = Net()
    yield made
    made.close()


@pytest.mark.parametrize("ends", ENDS)
def test_the_filters_keep_beginnings_and_ends_that_others_sent(ends: tuple[str, str]) -> None:
    """The kernel drops data, answers of this node and other protocols before it wakes us."""
    source, target = map(ip_address, ends)
    program, protocol = (EDGES_BY_IPV4, 23) if target.version == 4 else (EDGES_BY_IPV6, 20)
    for flags in (SYN, FIN | ACK, RST):
        data = frame(flags, source, target)
        assert run(program, data, 0)
        assert not run(program, data, 4)
        assert not run(program, data[:protocol] + b"\x11" + data[protocol + 1 :], 0)
        assert not run(program, data[:12] + b"\x08\x06" + data[14:], 0)
        assert not run(program, data[:47], 0)
    assert not run(program, frame(ACK, source, target), 0)


def test_headers_are_heard_with_their_interface_while_they_are_listened_to(net: Net) -> None:
    """Before and after that there is no socket."""
    net.streams.listen(["eth0", "eth1"])
    net.ends["eth1", 0x0800].send(bytes(200))
    net.ends["eth0", 0x86DD].send(b"two")
    net.poller.wait(0)
    assert sorted(net.heard) == [("eth0", b"two"), ("eth1", bytes(96))]
    net.streams.close()
    with pytest.raises(BrokenPipeError):
        net.ends["eth1", 0x0800].send(b"three")


def test_listening_anew_leaves_no_socket_behind(net: Net) -> None:
    """Whoever is drained twice has one socket for each interface and type."""
    net.streams.listen(["eth0"])
    first = net.ends["eth0", 0x0800]
    net.streams.listen(["eth0"])
    with pytest.raises(BrokenPipeError):
        first.send(b"lost")
    net.ends["eth0", 0x0800].send(b"heard")
    net.poller.wait(0)
    assert net.heard == [("eth0", b"heard")]


def test_an_interface_that_cannot_be_heard_is_complained_of(net: Net) -> None:
    """The others are."""
    net.broken = {"eth0"}
    net.streams.listen(["eth0", "eth1"])
    assert "eth0" in net.complaints[0]
    assert ("eth1", 0x0800) in net.ends


def test_a_flood_leaves_the_loop_its_turn(net: Net) -> None:
    """Everything is heard in the end, but not in one go."""
    net.streams.listen(["eth0"])
    for number in range(FRAMES_PER_WAKE + 10):
        net.ends["eth0", 0x0800].send(bytes([number]))
    net.poller.wait(0)
    assert len(net.heard) == FRAMES_PER_WAKE
    net.poller.wait(0)
    assert len(net.heard) == FRAMES_PER_WAKE + 10


def test_a_socket_closed_while_it_is_read_is_read_no_further() -> None:
    """What a frame leads to may end the process."""
    net = Net()

    def hear_once(interface: str, headers: bytes) -> None:
        net.hear(interface, headers)
        streams.close()

    streams = Streams(net.poller, hear_once, net.open, complain=net.complaints.append)
    streams.listen(["eth0"])
    for each in (b"one", b"two"):
        net.ends["eth0", 0x0800].send(each)
    net.poller.wait(0)
    assert len(net.heard) == 1
    net.close()
