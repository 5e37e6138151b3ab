"""A program: ask a Service something at a steady rate, each time on a new connection, until told to stop.

A request begins at its time whatever became of those before it (an open loop), so that one that hangs hides no
other. Nothing is tried twice. The backend is agnhost's netexec. It is asked for its pod's name (`/hostname` over HTTP,
`hostname` over UDP), for the client's address as it sees it (`clientip`), or to echo a datagram of some size.

Shell: sockets, the monotonic clock, stdin, stdout.
"""

import asyncio
import contextlib
import sys
import time
from typing import Any, Final

from conformance.suite.observers.emit import emit, plan
from conformance.suite.observers.flows import ask, connect
from conformance.suite.observers.ports import TURNS, any_of, from_next
from conformance.suite.observers.ways import Flow, by_download, by_icmp

ERRORS: Final = (
    (ConnectionRefusedError, "refused"),
    (ConnectionResetError, "reset"),
    (EOFError, "closed"),
    (TimeoutError, "timeout"),
    (ValueError, "garbled"),
    (OSError, "unreachable"),
)
"""(exception, word): how a request can end without an answer."""
ECHO: Final = "echo"
_READ_BYTES: Final = 2048
"""So much netexec reads of a datagram, and cuts off the rest."""


class Datagrams(asyncio.DatagramProtocol):
    """Takes one answer, or the ICMP error that comes instead."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - the base class names it so
        """Keep the first answer."""
        if not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        """Keep the first error."""
        if not self.answer.done():
            self.answer.set_exception(exc)


async def by_tcp(target: str, port: int, what: str) -> str:
    """Connect, ask once by HTTP, close; return the answer."""
    source = any_of(target)
    sock = await from_next(TURNS, lambda source_port: connect(source, source_port, target, port))
    reader, writer = await asyncio.open_connection(sock=sock)
    try:
        return await ask(reader, writer, f"[{target}]" if ":" in target else target, what)
    finally:
        writer.close()


async def by_udp(target: str, port: int, what: str) -> str:
    """Send one datagram and return the answer."""
    open_from, source = asyncio.get_running_loop().create_datagram_endpoint, any_of(target)
    transport, protocol = await from_next(
        TURNS, lambda source_port: open_from(Datagrams, local_addr=(source, source_port), remote_addr=(target, port))
    )
    try:
        transport.sendto(what.encode())
        return (await protocol.answer).decode(errors="replace").strip()
    finally:
        transport.close()


FLOW: Final = Flow()
BY: Final = {"tcp": by_tcp, "udp": by_udp, "icmp": by_icmp, "download": by_download, "udp-flow": FLOW.ask}


async def echo(target: str, port: int, size_bytes: int) -> str:
    """Have one datagram echoed, whose text differs from place to place; return how much of it came back.

    Raises:
        ValueError: it is not what was sent, or less of it than netexec reads.
    """
    wanted = f"{ECHO} {'.'.join(f'{place:x}' for place in range(size_bytes))}"[:size_bytes]
    sent = wanted.removeprefix(f"{ECHO} ")
    found = await by_udp(target, port, wanted)
    if not sent.startswith(found) or len(found) < len(sent) - max(0, size_bytes - _READ_BYTES):
        raise ValueError(f"got {len(found)} bytes back ({found[:20]}...), wanted {len(sent)} or what netexec reads")
    return f"{len(found)} bytes"


async def request(asked: dict[str, Any], number: int) -> None:
    """Make one request and write down its answer, or why there is none."""
    begin_ns = time.monotonic_ns()
    answer, error, detail = "", "", ""
    try:
        async with asyncio.timeout(asked["timeout_s"]):
            if asked["ask"] == ECHO:
                answer = await echo(asked["target"], asked["port"], asked["bytes"])
            else:
                answer = await BY[asked["protocol"]](asked["target"], asked["port"], asked["ask"])
    except (OSError, EOFError, ValueError) as err:
        error = next(word for kind, word in ERRORS if isinstance(err, kind))
        detail = str(err)
    noted = {"run": asked["run"], "number": number, "begin_ns": begin_ns}
    emit("request", "answer", **noted, ok=not error, answer=answer, error=error, detail=detail)


async def run(asked: dict[str, Any]) -> None:
    """Begin a request at each multiple of `every_s` until `times` are under way or stdin ends; await the last."""
    is_over = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, is_over.set)
    pending: set[asyncio.Task[None]] = set()
    begin = time.monotonic()
    number = 0
    while not is_over.is_set() and number != asked["times"]:
        task = asyncio.create_task(request(asked, number))
        pending.add(task)
        task.add_done_callback(pending.discard)
        number += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(is_over.wait(), max(0.0, begin + number * asked["every_s"] - time.monotonic()))
    await asyncio.gather(*pending)
    FLOW.close()
    emit("request", "done", run=asked["run"])


if __name__ == "__main__":
    asyncio.run(run(plan()))
