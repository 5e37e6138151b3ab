"""Further ways to make a request, against small servers on the loopback: a download, a flow, a ping."""

import asyncio
from typing import cast

import pytest

from conformance.selftest.test_observers import Echo, outcome
from conformance.suite.observers import ways


async def served(*answer: bytes, capsys: pytest.CaptureFixture[str]) -> tuple[str, str, str]:
    """Download from a server that sends these; return the request, and what became of it."""
    heard: list[bytes] = []

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.writelines(answer)
        writer.close()

    listening = await asyncio.start_server(send, "127.0.0.1", 0)
    async with listening:
        found = await outcome("download", listening.sockets[0].getsockname()[1], capsys)
    return heard[0].decode(), found.pod, found.error


async def test_download_is_whole_or_says_why_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So many bytes are asked for, and exactly so many must come, as a part of a file."""
    monkeypatch.setattr(ways, "DOWNLOAD_BYTES", 10)
    head = b"HTTP/1.1 206 Partial Content\r\n\r\n"
    asked, answer, error = await served(head, b"x" * 10, capsys=capsys)
    assert asked.startswith("GET /proc/self/exe HTTP/1.1\r\n")
    assert "\r\nRange: bytes=0-9\r\n" in asked
    assert (answer, error) == ("10 bytes", "")
    for body in (b"x" * 9, b"x" * 11, b""):
        assert (await served(head, body, capsys=capsys))[2] == "garbled"
    assert (await served(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 10, capsys=capsys))[2] == "garbled"
    assert (await served(b"", capsys=capsys))[2] == "closed"


class Ports(Echo):
    """Answers like netexec, and notes from which ports it was asked; it can be silent."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self.is_silent = False

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        """Note the port."""
        self.ports.append(addr[1])
        if not self.is_silent:
            super().datagram_received(data, addr)


async def test_datagrams_of_a_flow_leave_by_one_port() -> None:
    """Answers and silence, one after the other, change nothing of it; a port that is closed is told."""
    loop, flow = asyncio.get_running_loop(), ways.Flow()
    transport, server = await loop.create_datagram_endpoint(Ports, local_addr=("127.0.0.1", 0))
    port = cast("int", transport.get_extra_info("sockname")[1])
    assert await flow.ask("127.0.0.1", port, "hostname") == "pod-1"
    server.is_silent = True
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(flow.ask("127.0.0.1", port, "hostname"), 0.05)
    server.is_silent = False
    assert await flow.ask("127.0.0.1", port, "hostname") == "pod-1"
    assert len(server.ports) == 3
    assert len(set(server.ports)) == 1
    transport.close()
    await asyncio.sleep(0)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.wait_for(flow.ask("127.0.0.1", port, "hostname"), 1)
    flow.close()


async def test_ping_is_answered_by_the_address(capsys: pytest.CaptureFixture[str]) -> None:
    """The loopback replies; the answer is who replied."""
    found = await outcome("icmp", 0, capsys)
    assert (found.pod, found.error) == ("127.0.0.1", "")
