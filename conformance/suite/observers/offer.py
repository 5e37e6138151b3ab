"""A program: be a router that offers hold times nobody may accept, and note what those who call say to it.

It takes one caller after the other: reads its OPEN, answers with one of its own, and waits for what comes back. Callers
are offered each hold time in turn.
Source: RFC 4271 section 4.2 and 6.2 ("an implementation MUST reject Hold Time values of one or two seconds").

Shell: TCP sockets, the monotonic clock, stdin, stdout.
"""

import select
import socket
import struct
import sys
from typing import Any, Final

from conformance.suite import bgp_open
from conformance.suite.bgp_stream import HEADER, Kind
from conformance.suite.observers.emit import emit, plan

ANSWER_S: Final = 5.0
"""How long a caller has for its answer."""


def open_message(asn: int, hold_time_s: int, router_id: str) -> bytes:
    """Write an OPEN for IPv4 unicast with a 4-octet AS number (RFC 5492, 4760, 6793)."""
    capabilities = bytes.fromhex("010400010001") + struct.pack("!BBI", bgp_open.FOUR_OCTET_AS, 4, asn)
    return bgp_open.encode(asn, hold_time_s, router_id, capabilities)


def message(sock: socket.socket) -> tuple[int, bytes] | None:
    """Read one message: its type and body; None where the caller ends the connection instead, or says nothing."""
    try:
        head = _exactly(sock, HEADER)
        length, kind = struct.unpack_from("!HB", head, 16)
        return int(kind), _exactly(sock, length - HEADER)
    except (OSError, EOFError):
        return None


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def receive(asked: dict[str, Any], sock: socket.socket, caller: str, hold_time_s: int) -> None:
    """Offer one caller a hold time and note its answer: type, and code and subcode of a NOTIFICATION."""
    sock.settimeout(ANSWER_S)
    first = message(sock)
    if first is None or first[0] != Kind.OPEN:
        return
    sock.sendall(open_message(asked["asn"], hold_time_s, asked["router_id"]))
    answer = message(sock)
    kind, body = answer or (0, b"")
    told = {"code": body[0], "subcode": body[1]} if kind == Kind.NOTIFICATION and len(body) > 1 else {}
    emit("bgp", "offered", router=asked["router"], caller=caller, hold_time_s=hold_time_s, answer=kind, **told)


def main() -> None:
    """Take callers until stdin ends."""
    asked = plan()
    turns: dict[str, int] = {}
    with socket.create_server(("0.0.0.0", asked["port"])) as server:  # noqa: S104 - inside a lab router's network
        emit("bgp", "offering", router=asked["router"], port=asked["port"])
        while True:
            ready, _, _ = select.select([sys.stdin, server], [], [])
            if sys.stdin in ready:
                return
            sock, (caller, _) = server.accept()
            with sock:
                turn = turns[caller] = turns.get(caller, -1) + 1
                receive(asked, sock, caller, asked["hold_times_s"][turn % len(asked["hold_times_s"])])


if __name__ == "__main__":
    main()
