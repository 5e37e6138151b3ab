"""A program: claim an address that another host has, by gratuitous ARP of both forms, from a MAC of nobody's.

Source: RFC 5227 section 1.1 (announcement, the request form), RFC 5944 section 4.6 (both forms).

Shell: a raw socket, stdin, stdout.
"""

import socket
from ipaddress import IPv4Address
from typing import Final

from conformance.suite import arp
from conformance.suite.observers.emit import emit, is_stopped, plan

SPOOFER_MAC: Final = "02:00:5b:00:00:01"
"""Locally administered, and of nobody else in a lab."""
_NOBODY: Final = "00:00:00:00:00:00"


def claim(address: IPv4Address, operation: int, target: str) -> bytes:
    """Write a claim to an address: a request or a reply, to everybody, about itself."""
    return arp.encode(arp.ArpFrame(arp.BROADCAST, SPOOFER_MAC, operation, SPOOFER_MAC, address, target, address))


def main() -> None:
    """Claim at a steady rate, until the plan's number is reached or stdin ends."""
    asked = plan()
    address = IPv4Address(asked["address"])
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.bind((asked["interface"], 0))
        for _ in range(asked["times"]):
            sock.send(claim(address, arp.REQUEST, _NOBODY))
            sock.send(claim(address, arp.REPLY, arp.BROADCAST))
            emit("forge", "claim", address=asked["address"], mac=SPOOFER_MAC)
            if is_stopped(asked["every_s"]):
                return


if __name__ == "__main__":
    main()
