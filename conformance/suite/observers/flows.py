"""A program: make flows from chosen source ports, TCP connections or UDP, and note which pod answers each request.

Every flow is new and binds the port it was given; nothing is tried twice, as a retry would hide a node that does not
answer. The backend is agnhost's netexec, which tells the pod's name (`/hostname` over HTTP, `hostname` over UDP).

Shell: sockets, the monotonic clock, stdin, stdout.
"""

import asyncio
import contextlib
import socket
import struct
import time
from functools import partial
from typing import Any

from conformance.suite.observers.emit import emit, plan


async def connect(source: str, source_port: int, target: str, port: int) -> socket.socket:
    """Open one connection from one source port.

    Args:
        source: address of the client.
        source_port: to bind.
        target: address of the Service.
        port: of the Service.

    Raises:
        OSError: refused, unreachable, or the port is taken.
    """
    sock = socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((source, source_port))
        await asyncio.get_running_loop().sock_connect(sock, (target, port))
    except BaseException:
        sock.close()
        raise
    return sock


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, what: str = "hostname") -> str:
    """Make one HTTP/1.1 request for one of netexec's pages on a connection that stays open.

    Args:
        reader: of the connection.
        writer: of the connection.
        host: for the Host header.
        what: page; /hostname tells the pod's name.

    Returns:
        The page.

    Raises:
        ValueError: the answer is not what netexec sends.
    """
    writer.write(f"GET /{what} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
    lengths = [line.split(":")[1] for line in head.split("\r\n") if line.lower().startswith("content-length:")]
    if " 200 " not in head.split("\r\n", maxsplit=1)[0] or not lengths:
        raise ValueError(f"got {head.splitlines()[0]!r}, wanted 200 with a length")
    return (await reader.readexactly(int(lengths[0]))).decode(errors="replace").strip()


async def datagram(source: str, source_port: int, target: str, port: int) -> str:
    """Ask once by UDP from one source port; return the answer.

    Raises:
        OSError: unreachable, refused by ICMP, or the port is taken.
    """
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.bind((source, source_port))
        await loop.sock_connect(sock, (target, port))
        await loop.sock_sendall(sock, b"hostname")
        return (await loop.sock_recv(sock, 2048)).decode(errors="replace").strip()


async def udp_flow(asked: dict[str, Any], number: int, source_port: int) -> None:
    """Ask once by UDP, and write down the answer, or why there is none."""
    source = asked["sources"][number % len(asked["sources"])]
    noted = {"run": asked["run"], "flow": number, "client": source, "source_port": source_port, "request": 0}
    begin_ns = time.monotonic_ns()
    answer = error = ""
    try:
        async with asyncio.timeout(asked["timeout_s"]):
            answer = await datagram(source, source_port, asked["target"], asked["port"])
    except OSError as err:  # TimeoutError is one
        error = f"{type(err).__name__}: {err}".rstrip(": ")
    emit("tcp", "answer", **noted, begin_ns=begin_ns, ok=not error, answer=answer, error=error)


async def flow(asked: dict[str, Any], number: int, source_port: int) -> None:
    """Make one connection and all its requests; write one event per request, the first failure ends it."""
    writer: asyncio.StreamWriter | None = None
    source = asked["sources"][number % len(asked["sources"])]
    tell = partial(emit, "tcp", "answer", run=asked["run"], flow=number, client=source, source_port=source_port)
    begin_ns = time.monotonic_ns()
    request = 0
    try:
        async with asyncio.timeout(asked["timeout_s"]):
            sock = await connect(source, source_port, asked["target"], asked["port"])
            if asked["resets"]:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            reader, writer = await asyncio.open_connection(sock=sock)
        for request in range(asked["requests"]):
            async with asyncio.timeout(asked["timeout_s"]):
                answer = await ask(reader, writer, asked["target"])
            tell(request=request, begin_ns=begin_ns, ok=True, answer=answer, error="")
            begin_ns = time.monotonic_ns()
            await asyncio.sleep(asked["pause_s"] if request + 1 < asked["requests"] else 0)
    except (OSError, EOFError, ValueError, TimeoutError) as err:
        error = f"{type(err).__name__}: {err}".rstrip(": ")
        tell(request=request, begin_ns=begin_ns, ok=False, answer="", error=error)
    if writer:
        writer.close()
        with contextlib.suppress(OSError):  # a reset while closing changes no answer that was already noted
            await writer.wait_closed()


async def run(asked: dict[str, Any]) -> None:
    """Make all flows, at most `concurrency` at a time."""
    gate = asyncio.Semaphore(asked["concurrency"])
    make = udp_flow if asked["protocol"] == "udp" else flow

    async def gated(number: int, source_port: int) -> None:
        async with gate:
            await make(asked, number, source_port)

    await asyncio.gather(*(gated(number, port) for number, port in enumerate(asked["ports"])))
    emit("tcp", "done", run=asked["run"])


if __name__ == "__main__":
    asyncio.run(run(plan()))
