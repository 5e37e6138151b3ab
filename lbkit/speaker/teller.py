"""Writes event_records, one after another, beside the loop.

Events are for people: where the API server is slow or away they are dropped and counted, never piled up.

Shell: HTTP to the API server, log.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from lbkit.errors import TargetError
from lbkit.model.event_records import EventRecord

_log = structlog.get_logger(__name__)

WAITING: Final = 2000
"""Records that may wait: a node that takes over everything tells of each Service once."""


class Teller:
    """A queue of event_records and who writes them.

    Args:
        write: writes one record.
    """

    def __init__(self, write: Callable[[EventRecord], Awaitable[None]]) -> None:
        self._write = write
        self._queue: asyncio.Queue[EventRecord] = asyncio.Queue(WAITING)
        self.dropped = 0

    def tell(self, record: EventRecord) -> None:
        """Have a record written when its turn comes."""
        try:
            self._queue.put_nowait(record)
        except asyncio.QueueFull:
            self.dropped += 1

    async def run(self) -> None:
        """Write for ever."""
        while True:
            record = await self._queue.get()
            try:
                await self._write(record)
            except TargetError as err:
                self.dropped += 1
                _log.warning("event not written", reason=record.reason, error=str(err))
