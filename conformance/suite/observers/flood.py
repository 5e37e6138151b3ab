"""A program: ask who has one address, thousands of times a second, until its time is over or stdin ends.

Its questions come from a MAC of its own, by which captures leave them and their answers out (`capture.py`): who answers
whom among the others is what is looked at. Source: RFC 826 (request).

Shell: a raw socket, the monotonic clock, stdin, stdout.
"""

import socket
import time
from ipaddress import IPv4Address
from typing import Final

from conformance.suite import arp
from conformance.suite.observers.emit import emit, is_stopped, plan

FLOOD_MAC: Final = "02:00:fd:00:00:01"
"""Locally administered, and of nobody else in a lab."""
_TURN_S: Final = 0.01
"""Questions are sent in bursts this far apart, as no clock of Python's ticks oftener."""
_MOST_TURNS: Final = 3
"""A burst is never larger than what is due in so many turns: who was kept from sending does not make up for it, or
the flood would be a far greater one for a moment."""


def main() -> None:
    """Send bursts, each as large as is due by then; say how many went out."""
    asked = plan()
    frame = arp.question(IPv4Address(asked["target"]), asked["mac"], IPv4Address(asked["addresses"]["4"]))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.bind((asked["interface"], 0))
        sent = missed = 0
        most = int(_MOST_TURNS * _TURN_S * asked["per_s"])
        begin = time.monotonic()
        emit("ask", "flooding", target=asked["target"], per_s=asked["per_s"])
        while (elapsed_s := time.monotonic() - begin) < asked["for_s"] and not is_stopped(_TURN_S):
            due = int(elapsed_s * asked["per_s"]) - sent - missed
            missed += max(0, due - most)
            for _ in range(min(due, most)):
                sock.send(frame)
                sent += 1
        emit("ask", "flooded", target=asked["target"], sent=sent, seconds=time.monotonic() - begin)


if __name__ == "__main__":
    main()
