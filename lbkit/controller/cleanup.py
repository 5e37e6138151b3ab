"""Keeps the time between the withdrawal of an address and the removal of the finalizer that waits for it.

After a restart the time starts anew, as nobody knows when the address went; a Service then goes a moment later.

Shell: asyncio timers.
"""

from asyncio import get_running_loop
from collections.abc import Callable
from typing import Final

from lbkit.allocator.finalizer import FinalizerChange, finalizer_change
from lbkit.allocator.outcome import Outcome
from lbkit.allocator.pools import Pools
from lbkit.model.views import Key, Service

WITHDRAWAL_S: Final = 1.0
"""Speakers act on a Service without address within milliseconds; this leaves them time to be busy."""


class Cleanup:
    """Remembers which Services have been without their address for how long.

    Args:
        due: called with a Service's key when its time is over.
    """

    def __init__(self, due: Callable[[Key], None]) -> None:
        self._due = due
        self._is_over: dict[Key, tuple[str, bool]] = {}  # with the uid of whom it is about

    def change(self, service: Service, outcome: Outcome, pools: Pools) -> FinalizerChange:
        """Say what is to be done now about our finalizer, and set the time for what is to be done later."""
        uid, is_over = self._is_over.get(service.key, ("", False))
        is_withdrawn = uid == service.uid and is_over
        change = finalizer_change(service, outcome, pools, is_withdrawn=is_withdrawn)
        if change is FinalizerChange.LATER and uid != service.uid:
            self._is_over[service.key] = (service.uid, False)
            get_running_loop().call_later(WITHDRAWAL_S, self._finish, service.key, service.uid)
        elif change in {FinalizerChange.NONE, FinalizerChange.ADD}:
            self.forget(service.key)
        return change

    def forget(self, key: Key) -> None:
        """Forget a Service that is gone, or that has an address again."""
        self._is_over.pop(key, None)

    def _finish(self, key: Key, uid: str) -> None:
        if self._is_over.get(key) == (uid, False):
            self._is_over[key] = (uid, True)
            self._due(key)
