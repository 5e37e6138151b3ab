"""The source ports of loops of requests: each in its turn, and none again for nine minutes.

Where an address went from one node to another while somebody was connected, the first node may know that connection
still (conntrack, for two minutes and more), and sends who comes again from the same port to a pod that is gone. The
kernel's own choice comes back to a port within a minute or two. So turns are counted by the clock, which all loops of
all runs share.

Shell: sockets, the monotonic clock.
"""

import errno
import time
from socket import socket
from typing import Final

from conformance.suite.observers.flows import connect

PORTS: Final = range(32768, 61000)
"""Those that the kernel would choose from, which flows leave alone (source_ports.py)."""
TURN_S: Final = 0.02
"""As long as the fastest loop's requests are apart."""
_STRIDE: Final = 7919
"""Prime to the number of ports, so that all come; large, as weak router hashes correlate with a sequence."""
_TRIES: Final = 100
_TAKEN: Final = (errno.EADDRINUSE, errno.EADDRNOTAVAIL)
_ANY: Final = {4: "0.0.0.0", 6: "::"}  # noqa: S104 - of a client, which may send by any of its addresses


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


async def opened(turns: Turns, target: str, port: int) -> socket:
    """Open a connection from the next port that is free.

    Args:
        turns: of this loop.
        target: address of the Service.
        port: of the Service.

    Raises:
        OSError: refused or unreachable; or no port was free that came in its turn.
    """
    for _ in range(_TRIES):
        try:
            return await connect(_ANY[6 if ":" in target else 4], turns.take(), target, port)
        except OSError as err:
            if err.errno not in _TAKEN:
                raise
    raise OSError(errno.EADDRNOTAVAIL, f"none of {_TRIES} source ports is free towards {target} port {port}")


TURNS: Final = Turns(time.monotonic())
"""Of this program."""
