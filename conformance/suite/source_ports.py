"""Source ports of flows: random and not sequential, as weak router hashes correlate with a sequence.

Shell: a seeded random source.
"""

import random
from typing import Final

PORTS: Final = range(10000, 32768)
"""Source ports: above the well-known ones, and below those of loops of requests (observers/ports.py), which wait in
TIME-WAIT for a minute."""


class SourcePorts:
    """Source ports for one case, drawn without replacement, so that no flow is a repetition.

    Those that earlier cases of a run have drawn come last, the latest at the very end: where a flow broke, its node may
    know the connection still, and answers a new one from the same port as if it were part of it (RFC 9293 section
    3.10.7.4: an acknowledgment of the old one), until the client has given up.

    Args:
        seed: of the order.
        drawn: ports that the run has drawn so far, in that order; what is drawn here is added.
    """

    def __init__(self, seed: int, drawn: dict[int, None]) -> None:
        shuffled = random.Random(seed).sample(PORTS, len(PORTS))  # noqa: S311 - statistics, repeatable by its seed
        self._left = [port for port in shuffled if port not in drawn] + list(drawn)
        self._drawn = drawn

    def draw(self, count: int) -> list[int]:
        """Take so many ports; fewer where fewer are left."""
        taken, self._left = self._left[:count], self._left[count:]
        for port in taken:
            self._drawn.pop(port, None)
            self._drawn[port] = None
        return taken
