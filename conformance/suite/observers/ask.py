"""A program: put ARP and NDP questions on the wire from a client's interface, as its plan says.

Source: RFC 826 (request), RFC 5227 section 2.1.1 (probe: sender address 0.0.0.0), RFC 4861 section 4.3
(solicitation), RFC 4862 section 5.4.2 (probe: source ::).

Shell: a raw socket, the monotonic clock, stdin, stdout.
"""

import socket
import time
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final

from conformance.suite import arp, ndp
from conformance.suite.observers.emit import emit, is_stopped, plan

APART_S: Final = 0.01
"""Between two questions for one address, also when the host was busy and some are late: each may have its answer."""


def question(asked: dict[str, Any], ask: dict[str, Any]) -> bytes:
    """Write one question of a plan.

    Args:
        asked: the plan: mac, and addresses by family.
        ask: target, form, and for IPv4 to whom.
    """
    target = ip_address(ask["target"])
    own = asked["addresses"][str(target.version)]
    if isinstance(target, IPv6Address):
        return ndp.question(target, asked["mac"], ndp.UNSPECIFIED if ask.get("form") == "probe" else IPv6Address(own))
    sender = IPv4Address("0.0.0.0" if ask.get("form") == "probe" else own)  # noqa: S104 - RFC 5227's probe
    return arp.question(target, asked["mac"], sender, ask.get("to") or arp.BROADCAST)


def main() -> None:
    """Send each question of the plan at its time; leave when all are sent or stdin ends."""
    asked = plan()
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.bind((asked["interface"], 0))
    begin = time.monotonic()
    last: dict[str, float] = {}
    for ask in asked["asks"]:
        due = max(begin + ask["at_ms"] / 1000, last.get(ask["target"], 0.0) + APART_S)
        if is_stopped(due - time.monotonic()):
            return
        last[ask["target"]] = time.monotonic()
        frame = question(asked, ask)
        t_ns = time.monotonic_ns()
        sock.send(frame)
        emit("ask", "sent", t_ns=t_ns, form=ask["form"], target=ask["target"], hex=frame.hex())
    is_stopped(asked.get("linger_ms", 300) / 1000)


if __name__ == "__main__":
    main()
