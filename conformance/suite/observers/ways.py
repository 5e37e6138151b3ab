"""Further ways to make a request: an echo request of ICMP, a download, and datagrams that are all one flow.

A ping's answer is the address that replied. A download is the first bytes of the program that agnhost's test-webserver
itself is, the one large file that its image holds; its answer is how many came. The datagrams of a flow leave by one
port, so that what a node remembers of the flow (conntrack) lasts as long as the flow.
Source: RFC 792; RFC 9110 section 14 (ranges); agnhost, test-webserver and netexec.

Shell: sockets, a random source.
"""

import asyncio
import os
import socket
from asyncio import DatagramTransport
from typing import Final, cast

from conformance.suite import ipv4

DOWNLOAD_BYTES: Final = 10_000_000
"""Catalogue DP-012."""
_FILE: Final = "/proc/self/exe"
_RECVERR: Final = 11
"""IP_RECVERR of ip(7), which Python does not name: ICMP errors end a wait at once."""
_CHUNK: Final = 1 << 16


async def by_icmp(target: str, _port: int, _what: str) -> str:
    """Send one echo request and return who replied."""
    identifier, data = int.from_bytes(os.urandom(2)), os.urandom(8)
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_IP, _RECVERR, 1)
        sock.connect((target, 0))
        await loop.sock_sendall(sock, ipv4.echo(identifier, data))
        while not ipv4.is_reply(await loop.sock_recv(sock, _CHUNK), identifier, data):
            pass
    return target


async def by_download(target: str, port: int, _what: str) -> str:
    """Download some bytes and return how many came, in words.

    Raises:
        ValueError: the answer is not what was asked for, or ends too early.
    """
    reader, writer = await asyncio.open_connection(target, port)
    try:
        last = DOWNLOAD_BYTES - 1
        asked = f"GET {_FILE} HTTP/1.1\r\nHost: {target}\r\nRange: bytes=0-{last}\r\nConnection: close\r\n\r\n"
        writer.write(asked.encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace").splitlines()[0]
        if " 206 " not in head:
            raise ValueError(f"got {head!r}, wanted 206")
        count = 0
        while chunk := await reader.read(_CHUNK):
            count += len(chunk)
        if count != DOWNLOAD_BYTES:
            raise ValueError(f"got {count} bytes, wanted {DOWNLOAD_BYTES}")
    finally:
        writer.close()
    return f"{count} bytes"


class Flow(asyncio.DatagramProtocol):
    """Datagrams from one port; each answer, or the ICMP error that comes instead, goes to all who wait."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[bytes]] = set()
        self._transport: DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = cast("DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - the base class names it so
        """Hand an answer to who waits."""
        for future in self._waiting:
            if not future.done():
                future.set_result(data)

    def error_received(self, exc: Exception) -> None:
        """Hand an error to who waits."""
        for future in self._waiting:
            if not future.done():
                future.set_exception(exc)

    def close(self) -> None:
        """Give the port up, if it was ever taken."""
        if self._transport:
            self._transport.close()

    async def ask(self, target: str, port: int, what: str) -> str:
        """Send one datagram and return the next answer."""
        loop = asyncio.get_running_loop()
        if self._transport is None:
            await loop.create_datagram_endpoint(lambda: self, remote_addr=(target, port))
        assert self._transport is not None
        future: asyncio.Future[bytes] = loop.create_future()
        self._waiting.add(future)
        try:
            self._transport.sendto(what.encode())
            return (await future).decode(errors="replace").strip()
        finally:
            self._waiting.discard(future)
