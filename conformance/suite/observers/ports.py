"""The source ports of loops of requests: each in its turn, and none again for nine minutes.

Where an address went from one node to another while somebody was connected, the first node may know that connection
still (conntrack, for two minutes and more), and sends who comes again from the same port to a pod that is gone. The
kernel's own choice comes back to a port within a minute or two. So turns are counted by the clock, which all loops of
all runs share.

Shell: the monotonic clock.
"""

import errno
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

PORTS: Final = range(32768, 61000)
"""Those that the kernel would choose from, which flows leave alone (source_ports.py)."""
TURN_S: Final = 0.02
"""As long as the fastest loop's requests are apart."""
_STRIDE: Final = 7919
"""Prime to the number of ports, so that all come; large, as weak router hashes correlate with a sequence."""
_TRIES: Final = 100
_TAKEN: Final = (errno.EADDRINUSE, errno.EADDRNOTAVAIL)

T = TypeVar("T")


class Turns:
    """Source ports, one after the other.

    Args:
        now_s: of a clock that all loops of this machine share, seconds.
    """

    def __init__(self, now_s: float) -> None:
        self._turn = int(now_s / TURN_S)

    def take(self) -> int:
        """Take the next port."""
        self._turn += 1
        return PORTS[self._turn * _STRIDE % len(PORTS)]


def any_of(target: str) -> str:
    """Give the address by which a client that sends to a target says that any of its own will do."""
    return "::" if ":" in target else "0.0.0.0"  # noqa: S104 - of a client


async def from_next(turns: Turns, attempt: Callable[[int], Awaitable[T]]) -> T:
    """Attempt something from the next source port that is free.

    Args:
        turns: of this loop.
        attempt: what is done from a port; one that is taken is an OSError of its errno.

    Returns:
        What the attempt gave.

    Raises:
        OSError: the attempt's own; or no port was free that came in its turn.
    """
    for _ in range(_TRIES):
        try:
            return await attempt(turns.take())
        except OSError as err:
            if err.errno not in _TAKEN:
                raise
    raise OSError(errno.EADDRNOTAVAIL, f"none of {_TRIES} source ports is free")


TURNS: Final = Turns(time.monotonic())
"""Of this program."""
