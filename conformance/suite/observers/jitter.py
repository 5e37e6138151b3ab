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
import struct
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from conformance.suite.observers.emit import emit, plan

MARK: Final = 46
"""DSCP of a copy."""
_BFD_PORT: Final = 3784
_EVERYTHING: Final = 0x0003
"""ETH_P_ALL: only such a socket sees what leaves."""
_IP: Final = 14
"""Bytes of an Ethernet header."""


def is_bfd(frame: bytes) -> bool:
    """Say whether a frame is a BFD packet over IPv4 that is no copy."""
    if len(frame) < _IP + 28 or frame[12:14] != b"\x08\x00" or frame[_IP + 9] != socket.IPPROTO_UDP:
        return False
    begin = _IP + (frame[_IP] & 0x0F) * 4
    port = struct.unpack_from("!H", frame, begin + 2)[0]
    return int(port) == _BFD_PORT and frame[_IP + 1] >> 2 != MARK


def copied(frame: bytes) -> bytes:
    """Mark a BFD packet as a copy."""
    size = (frame[_IP] & 0x0F) * 4
    header = bytearray(frame[_IP : _IP + size])
    header[1], header[10:12] = MARK << 2, b"\0\0"
    total = sum(struct.unpack(f"!{size // 2}H", header))
    total = (total & 0xFFFF) + (total >> 16)
    struct.pack_into("!H", header, 10, ~(total + (total >> 16)) & 0xFFFF)
    rest = bytearray(frame[_IP + size :])
    rest[6:8] = b"\0\0"
    return frame[:_IP] + bytes(header) + bytes(rest)


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
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERYTHING))
        sock.bind((name, _EVERYTHING))
        sockets.append(sock)
    emit("bfd", "jittering", node=asked["node"])
    sent, lost, mean_ms = relay(asked, sockets)
    emit("bfd", "jittered", node=asked["node"], sent=sent, lost=lost, mean_ms=mean_ms)


if __name__ == "__main__":
    main()
