"""A program: listen to the datagrams by which a load balancer's nodes know of each other, and send forged ones.

What is forged is made of what was heard: sent again as it was, with bits altered, cut short; and of random bytes. Who
has no key can do no more. Datagrams keep the IP addresses of those they were heard from, so that nobody can tell by
them; but frames come from a MAC of nobody's, as a switch that takes the forger for a node is another matter.

Source: RFC 768 (a checksum of zero is none, IPv4).

Shell: raw sockets, a seeded random source, the monotonic clock, stdin, stdout.
"""

import random
import select
import socket
import struct
import time
from typing import Final

from conformance.suite import udp
from conformance.suite.observers.capture import ETH_P_ALL, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC, SOL_PACKET
from conformance.suite.observers.emit import emit, is_stopped, plan
from conformance.suite.observers.spoof import SPOOFER_MAC

_KEPT: Final = 50
_LATER_S: Final = 0.02
"""Between two forged datagrams."""
_MOST_BYTES: Final = 1400


def carrying(frame: bytes, begin: int, payload: bytes) -> bytes:
    """Put another payload into a datagram's frame, with the lengths and the checksum of the headers made right."""
    head = bytearray(frame[:begin])
    head[6:12] = bytes.fromhex(SPOOFER_MAC.replace(":", ""))
    size = begin - 8
    struct.pack_into("!H", head, 16, begin - udp.ETHERNET + len(payload))
    struct.pack_into("!HH", head, size + 4, 8 + len(payload), 0)
    head[udp.ETHERNET : size] = udp.summed(bytes(head[udp.ETHERNET : size]))
    return bytes(head) + payload


def forged(payload: bytes, rng: random.Random) -> dict[str, bytes]:
    """Forge payloads out of one that was heard: {how: payload}."""
    altered = bytearray(payload)
    for _ in range(rng.randint(1, 4)):
        altered[rng.randrange(len(altered))] ^= 1 << rng.randrange(8)
    return {
        "verbatim": payload,
        "altered": bytes(altered),
        "cut": payload[: rng.randrange(len(payload))],
        "random": rng.randbytes(rng.randint(1, _MOST_BYTES)),
    }


def heard(sock: socket.socket, port: int, for_s: float) -> list[tuple[bytes, int]]:
    """Listen for a while; return the last datagrams of the channel, each with where its payload begins."""
    found: list[tuple[bytes, int]] = []
    deadline = time.monotonic() + for_s
    while (left_s := deadline - time.monotonic()) > 0:
        if select.select([sock], [], [], left_s)[0]:
            frame = sock.recv(65535)
            begin = udp.payload(frame, port)
            if begin and len(frame) > begin:
                found = [*found[1 - _KEPT :], (frame, begin)]
    return found


def main() -> None:
    """Listen, then forge at a steady rate until the plan's time is over or stdin ends."""
    asked = plan()
    rng = random.Random(asked["seed"])  # noqa: S311 - repeatable by its seed
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as sock:
        sock.bind((asked["interface"], ETH_P_ALL))
        request = struct.pack("iHH8s", socket.if_nametoindex(asked["interface"]), PACKET_MR_PROMISC, 0, b"")
        sock.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, request)
        known = heard(sock, asked["port"], asked["listen_s"])
        emit("forge", "heard", port=asked["port"], count=len(known))
        deadline = time.monotonic() + asked["for_s"]
        while known and time.monotonic() < deadline:
            frame, begin = rng.choice(known)
            for how, payload in forged(frame[begin:], rng).items():
                sent = carrying(frame, begin, payload)
                sock.send(sent)
                emit("forge", "datagram", how=how, hex=sent.hex())
                if is_stopped(_LATER_S):
                    return


if __name__ == "__main__":
    main()
