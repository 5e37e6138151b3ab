"""Waits for file descriptors, and for time: the loop of a process that has nothing else to do.

asyncio costs 10 MB and some ten microseconds for each frame; the process on the wire needs neither tasks nor streams.
Source: epoll(7); time.monotonic is CLOCK_MONOTONIC.

Shell: epoll.
"""

import select
from collections.abc import Callable
from math import ceil
from typing import Final

LONGEST_S: Final = 3600.0


class Poller:
    """Calls whoever waits for a file descriptor."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._callbacks: dict[int, Callable[[], None]] = {}

    def watch(self, descriptor: int, callback: Callable[[], None], *, is_write: bool = False) -> None:
        """Call back whenever there is something to read, or (`is_write`) room to write; errors count as either."""
        self._callbacks[descriptor] = callback
        self._epoll.register(descriptor, select.EPOLLOUT if is_write else select.EPOLLIN)

    def forget(self, descriptor: int) -> None:
        """Call back no more; before the descriptor is closed."""
        del self._callbacks[descriptor]
        self._epoll.unregister(descriptor)

    def wait(self, longest_s: float) -> None:
        """Wait until something happens, or so long; then call back, once for each descriptor."""
        # To whole milliseconds, upwards: what is due a moment later would else be waited for in circles.
        milliseconds = ceil(max(0.0, min(longest_s, LONGEST_S)) * 1000)
        for descriptor, _ in self._epoll.poll(milliseconds / 1000):
            callback = self._callbacks.get(descriptor)
            if callback is not None:  # one that was called before may have closed it
                callback()
