"""A program: ask who has some addresses until nobody answers for any of them, or its time is over.

Source: RFC 826 (request).

Shell: a raw socket, the monotonic clock, stdin.
"""

import select
import time
from ipaddress import IPv4Address
from typing import Any, Final

from conformance.suite.arp import REPLY, decode, question
from conformance.suite.observers.capture import opened
from conformance.suite.observers.emit import plan

LISTEN_S: Final = 0.3
"""How long after a round of questions an answer may come: three times what L2-004 allows."""


def is_answered(asked: dict[str, Any]) -> bool:
    """Ask for each target once, and say whether anybody claims one of them meanwhile."""
    targets = {IPv4Address(target) for target in asked["targets"]}
    with opened(asked["interface"], "neighbor") as sock:
        for target in sorted(targets):
            sock.send(question(target, asked["mac"], IPv4Address(asked["address"])))
        deadline = time.monotonic() + LISTEN_S
        while (left_s := deadline - time.monotonic()) > 0:
            readable, _, _ = select.select([sock], [], [], left_s)
            packet = decode(sock.recv(65535)) if readable else None
            if packet and packet.operation == REPLY and packet.sender_ip in targets:
                return True
    return False


def main() -> None:
    """Ask again after each answer, a listening time later."""
    asked = plan()
    deadline = time.monotonic() + asked["limit_s"]
    while is_answered(asked) and time.monotonic() < deadline:
        time.sleep(LISTEN_S)


if __name__ == "__main__":
    main()
