"""The time, as the controller's rules see it, and a way to be told when a point in it has come.

Shell: clock, asyncio timers.
"""

import time
from asyncio import TimerHandle, get_running_loop
from collections.abc import Callable


def steady_clock() -> Callable[[], float]:
    """Give a clock that does not jump: the wall clock as it is now, and from then on one that only goes forward.

    Returns:
        A function that gives the present in seconds since 1970-01-01 UTC.
    """
    start_s = time.time() - time.monotonic()
    return lambda: start_s + time.monotonic()


class Alarm:
    """Calls at one point in time, the last one that was set.

    Args:
        ring: what to call.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._at_s: float | None = None
        self._timer: TimerHandle | None = None

    def set(self, at_s: float | None, now_s: float) -> None:
        """Ring at `at_s` and not at what was set before; None for not at all."""
        if at_s == self._at_s:
            return
        self._at_s = at_s
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at_s is not None:
            self._timer = get_running_loop().call_later(max(0.0, at_s - now_s), self._over)

    def _over(self) -> None:
        self._at_s = self._timer = None
        self._ring()
