"""A program: ask for SCTP associations, or answer who asks, over a raw socket; no kernel with SCTP is needed.

As `ask` it sends INITs and notes each answer, or that none came. As `answer` it answers each INIT to one address and
port with an INIT ACK until told to stop. An open raw socket also keeps the kernel from sending ICMP "protocol
unreachable" itself.
Source: RFC 9260 section 5.1 (establishing an association); raw(7).

Shell: a raw socket, the monotonic clock, stdin, stdout.
"""

import select
import socket
import sys
import time
from typing import Any

from conformance.suite.observers.emit import emit, is_stopped, plan
from conformance.suite.sctp import INIT, INIT_ACK, PROTOCOL, Packet, decode, encode


def _payload(frame: bytes) -> bytes:
    """Take the IPv4 header off (RFC 791: IHL counts words of 32 bits)."""
    return frame[(frame[0] & 0x0F) * 4 :]


def ask(asked: dict[str, Any]) -> None:
    """Send one INIT after the other, each from its own port, and wait for what comes back."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, PROTOCOL)
    for number, source_port in enumerate(asked["ports"]):
        begin_ns = time.monotonic_ns()
        tag = (begin_ns & 0xFFFFFFFF) or 1
        sock.sendto(encode(Packet(source_port, asked["port"], 0, INIT, tag)), (asked["target"], 0))
        answer = _await(sock, asked, source_port, tag)
        emit("sctp", "answer", about=asked["about"], number=number, begin_ns=begin_ns, chunk=answer)
        if is_stopped(asked["every_s"]):
            return


def _await(sock: socket.socket, asked: dict[str, Any], source_port: int, tag: int) -> int:
    """Return the type of the chunk that answers an INIT; 0 if none comes in time."""
    deadline = time.monotonic() + asked["timeout_s"]
    while (left_s := deadline - time.monotonic()) > 0:
        if not select.select([sock], [], [], left_s)[0]:
            break
        frame, (sender, _) = sock.recvfrom(65535)
        packet = decode(_payload(frame))
        ours = (asked["target"], source_port, asked["port"], tag)
        if packet and (sender, packet.target_port, packet.source_port, packet.verification_tag) == ours:
            return packet.chunk
    return 0


def answer(asked: dict[str, Any]) -> None:
    """Answer INITs until stdin ends."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, PROTOCOL)
    sock.bind((asked["address"], 0))
    emit("sctp", "listening", node=asked["node"], address=asked["address"], port=asked["port"])
    while True:
        readable, _, _ = select.select([sock, sys.stdin], [], [])
        if sys.stdin in readable:
            return
        frame, (sender, _) = sock.recvfrom(65535)
        packet = decode(_payload(frame))
        if packet and packet.chunk == INIT and packet.target_port == asked["port"]:
            reply = Packet(asked["port"], packet.source_port, packet.initiate_tag, INIT_ACK, 1)
            sock.sendto(encode(reply), (sender, 0))


if __name__ == "__main__":
    wanted = plan()
    {"ask": ask, "answer": answer}[wanted["role"]](wanted)
