"""A program: send each BFD packet that leaves by some interfaces once more, marked and late, and lose some.

The receiver's end drops what is not marked, so that the copies are all that arrives: jitter and loss on a kernel that
has no netem. A copy has another DSCP and no UDP checksum (RFC 768 allows none over IPv4), and is otherwise as sent, its
TTL of 255 included.
Source: RFC 5881 section 4 (port 3784).

Shell: raw sockets, the monotonic clock, stdin, stdout.
"""

import heapq
import random
import select
import socket
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from conformance.suite import udp
from conformance.suite.observers.capture import ETH_P_ALL
from conformance.suite.observers.emit import emit, plan
from conformance.suite.udp import ETHERNET

MARK: Final = 46
"""DSCP of a copy."""
BFD_PORT: Final = 3784
"""RFC 5881 section 4."""


def is_bfd(frame: bytes) -> bool:
    """Say whether a frame is a BFD packet over IPv4 that is no copy."""
    return udp.payload(frame, BFD_PORT) > 0 and frame[ETHERNET + 1] >> 2 != MARK


def copied(frame: bytes) -> bytes:
    """Mark a BFD packet as a copy."""
    end = ETHERNET + (frame[ETHERNET] & 0x0F) * 4
    header = bytearray(frame[ETHERNET:end])
    header[1] = MARK << 2
    rest = bytearray(frame[end:])
    rest[6:8] = b"\0\0"
    return frame[:ETHERNET] + udp.summed(bytes(header)) + bytes(rest)


def relay(asked: dict[str, Any], sockets: list[socket.socket]) -> tuple[int, int, float]:
    """Send copies until stdin ends; return how many, how many were lost, and their mean delay in milliseconds."""
    chance = random.Random(asked["seed"])  # noqa: S311 - repeatable by its seed
    late: list[tuple[float, int, Callable[[], object]]] = []
    sent = lost = 0
    delayed_ms = 0.0
    while True:
        wait_s = max(0.0, late[0][0] - time.monotonic()) if late else 1.0
        ready, _, _ = select.select([sys.stdin, *sockets], [], [], wait_s)
        if sys.stdin in ready:
            return sent, lost, delayed_ms / max(1, sent)
        for sock in (one for one in sockets if one in ready):
            frame, address = sock.recvfrom(65535)
            if address[2] != socket.PACKET_OUTGOING or not is_bfd(frame):
                continue
            if chance.random() * 100 < asked["lost_percent"]:
                lost += 1
                continue
            delay_ms = chance.uniform(0, asked["within_ms"])
            sent, delayed_ms = sent + 1, delayed_ms + delay_ms
            due = time.monotonic() + delay_ms / 1000
            heapq.heappush(late, (due, sent, lambda sock=sock, frame=frame: sock.send(copied(frame))))  # type: ignore[misc] # mypy cannot type a lambda's defaults
        while late and late[0][0] <= time.monotonic():
            heapq.heappop(late)[2]()


def main() -> None:
    """Open a socket on each interface, say so, relay, say what was done."""
    asked = plan()
    sockets: list[socket.socket] = []
    for name in asked["interfaces"]:
        # Only a socket for everything sees what leaves.
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        sock.bind((name, ETH_P_ALL))
        sockets.append(sock)
    emit("bfd", "jittering", node=asked["node"])
    sent, lost, mean_ms = relay(asked, sockets)
    emit("bfd", "jittered", node=asked["node"], sent=sent, lost=lost, mean_ms=mean_ms)


if __name__ == "__main__":
    main()
