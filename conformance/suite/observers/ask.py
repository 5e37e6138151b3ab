"""A program: put ARP questions on the wire from a client's interface, as its plan says.

Source: RFC 826 (request), RFC 5227 section 2.1.1 (probe: sender address 0.0.0.0).

Shell: a raw socket, the monotonic clock, stdin, stdout.
"""

import socket
import time
from ipaddress import IPv4Address

from conformance.suite.arp import BROADCAST, question
from conformance.suite.observers.emit import emit, is_stopped, plan


def main() -> None:
    """Send each question of the plan at its time; leave when all are sent or stdin ends."""
    asked = plan()
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.bind((asked["interface"], 0))
    begin = time.monotonic()
    for ask in asked["asks"]:
        if is_stopped(begin + ask["at_ms"] / 1000 - time.monotonic()):
            return
        sender = IPv4Address("0.0.0.0" if ask["form"] == "probe" else asked["address"])  # noqa: S104 - RFC 5227's probe
        frame = question(IPv4Address(ask["target"]), asked["mac"], sender, ask.get("to") or BROADCAST)
        t_ns = time.monotonic_ns()
        sock.send(frame)
        emit("ask", "sent", t_ns=t_ns, form=ask["form"], target=ask["target"], hex=frame.hex())
    is_stopped(asked.get("linger_ms", 300) / 1000)


if __name__ == "__main__":
    main()
