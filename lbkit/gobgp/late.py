"""A GoBGP that is left alone until a peer needs it.

Clusters that announce on layer 2 only have no use for gRPC, and it takes 13 MB. Once used, a mark beside the engine's
socket lasts as long as the pod: a speaker that was restarted then finds what the engine still holds, even if its last
peer went away in the meantime.

Shell: a file; the driver.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from lbkit.announcer.diff import BgpAction
from lbkit.gobgp.events import EngineEvent

MARK: Final = "used"


class LateEngine:
    """One GoBGP, and its driver from when it is needed.

    Args:
        socket: of its API.
        put: takes every event.
        load: makes the driver; by default `gobgp.driver.Engine`.
    """

    def __init__(
        self, socket: Path, put: Callable[[EngineEvent], None], load: Callable[..., Any] | None = None
    ) -> None:
        self._socket = socket
        self._put = put
        self._load = load or _load
        self._needed = asyncio.Event()
        self._driver: Any = None

    def need(self) -> None:
        """Have it driven from now on."""
        self._needed.set()

    def submit(self, listed: int, actions: Sequence[BgpAction]) -> None:
        """Hand over steps; only after an EngineUp, as `gobgp.driver.Engine` has it."""
        self._driver.submit(listed, actions)

    async def run(self) -> None:
        """Wait until it is needed, then keep up with it for ever."""
        mark = self._socket.parent / MARK
        if not mark.exists():
            await self._needed.wait()
            mark.touch()
        self._driver = self._load(f"unix:{self._socket}", self._put)
        await self._driver.run()


def _load(target: str, put: Callable[[EngineEvent], None]) -> Any:
    from lbkit.gobgp.driver import Engine  # noqa: PLC0415  # see above

    return Engine(target, put)
