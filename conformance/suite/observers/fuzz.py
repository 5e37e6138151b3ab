"""A program: send malformed ARP and NDP, made of questions for the plan's addresses, and noise of the same types.

Source: RFC 826, RFC 4861 section 4.3, as `ask.py` writes them before they are spoilt.

Shell: a raw socket, a seeded random source, the monotonic clock, stdin, stdout.
"""

import random
import socket
import time

from conformance.suite.observers.ask import question
from conformance.suite.observers.emit import emit, is_stopped, plan
from conformance.suite.observers.forge import forged

_HEADER: int = 14
"""The Ethernet header is left whole: what switches would not forward reaches nobody."""
_TURN_S: float = 0.005
_MOST_BYTES: int = 1500


def main() -> None:
    """Spoil one question after the other until the time is over or stdin ends; say how many frames went out."""
    asked = plan()
    rng = random.Random(asked["seed"])  # noqa: S311 - repeatable by its seed
    questions = [question(asked, ask) for ask in asked["asks"]]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.bind((asked["interface"], 0))
        sent, deadline = 0, time.monotonic() + asked["for_s"]
        while time.monotonic() < deadline and not is_stopped(_TURN_S):
            frame = rng.choice(questions)
            for how, payload in forged(frame[_HEADER:], rng).items():
                if how != "verbatim":
                    sock.send(frame[:_HEADER] + payload[:_MOST_BYTES])
                    sent += 1
        emit("forge", "frames", count=sent)


if __name__ == "__main__":
    main()
