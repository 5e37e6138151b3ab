"""Source ports of flows and of loops: none is taken again soon, and a seed tells the order of those of flows."""

import asyncio
import socket
from typing import cast

import pytest

from conformance.suite.observers import ports, requests
from conformance.suite.observers.flows import connect
from conformance.suite.source_ports import PORTS, SourcePorts


def test_no_port_is_drawn_twice_in_a_case() -> None:
    """A case may draw every port once, in an order that is none of numbers, and has none left then."""
    ports = SourcePorts(1, {})
    first, second, rest = ports.draw(300), ports.draw(300), ports.draw(len(PORTS))
    assert sorted([*first, *second, *rest]) == list(PORTS)
    assert first != sorted(first)
    assert ports.draw(1) == []


def test_a_seed_tells_the_order() -> None:
    """The same seed gives the same ports where nothing was drawn before, another seed others."""
    assert SourcePorts(7, {}).draw(50) == SourcePorts(7, {}).draw(50) != SourcePorts(8, {}).draw(50)


def test_ports_of_earlier_cases_come_last() -> None:
    """A case takes ports that no case has drawn, and when there are none, those that were drawn longest ago."""
    drawn: dict[int, None] = {}
    first = SourcePorts(1, drawn).draw(len(PORTS) - 10)
    second = SourcePorts(2, drawn).draw(12)
    assert not set(first) & set(second[:10])
    assert second[10:] == first[:2]
    assert SourcePorts(3, drawn).draw(1) == first[2:3]


def test_the_ports_of_loops_come_again_last() -> None:
    """A loop uses all ports before one comes again, and one that begins later goes on where the clock is."""
    turns = ports.Turns(1000.0)
    taken = [turns.take() for _ in ports.PORTS]
    assert sorted(taken) == list(ports.PORTS)
    assert turns.take() == taken[0]
    assert ports.Turns(1000.0 + 500 * ports.TURN_S).take() == taken[500]


async def test_a_port_that_is_taken_is_left_out() -> None:
    """Two loops that began at one time request from different ports."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    one, other = [await connected(5.0, port) for _ in range(2)]
    with one, other:
        assert one.getsockname()[1] != other.getsockname()[1]
    server.close()


async def test_who_refuses_is_not_asked_again_from_another_port() -> None:
    """A refusal is an answer; a request is one attempt."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            await connected(7.0, unused.getsockname()[1])


async def test_datagrams_leave_by_the_ports_in_turn() -> None:
    """What a node remembers of a flow of UDP outlives the pod, too."""
    transport, echo = await asyncio.get_running_loop().create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    asked = [await requests.by_udp("127.0.0.1", transport.get_extra_info("sockname")[1], "hello") for _ in range(3)]
    transport.close()
    assert asked == ["hello"] * 3
    assert len(set(echo.seen)) == 3
    assert set(echo.seen) <= set(ports.PORTS)


async def connected(now_s: float, port: int) -> socket.socket:
    """Connect to a port of this machine, as a loop that began at a time."""
    return await ports.from_next(ports.Turns(now_s), lambda source: connect("127.0.0.1", source, "127.0.0.1", port))


class Echo(asyncio.DatagramProtocol):
    """Sends back what comes."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer."""
        self.seen.append(addr[1])
        self.transport.sendto(data, addr)
