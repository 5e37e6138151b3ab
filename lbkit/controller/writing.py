"""Carries out the controller's writes, a bounded number at once; what became of each returns through the inbox.

After a write that failed, the Service is read before anything else: a broken connection does not say whether the
write happened, and deciding on an old state would repeat it. While another replica may lead, nothing is carried out.

Shell: the API server, clock, random numbers, log.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Final

import structlog

from lbkit.allocator.render import Patch
from lbkit.controller.api import Api
from lbkit.controller.inbox import Crashed, Failed, InboxEvent, Refreshed, Written
from lbkit.controller.metrics import Metrics
from lbkit.errors import TargetError
from lbkit.kube.errors import ApiError, Conflict, NotFound
from lbkit.model.event_records import EventRecord
from lbkit.model.views import Key

_log = structlog.get_logger(__name__)

CONCURRENCY: Final = 32
"""Status writes under way at once: etcd gains from parallel writes, up to some hundred writes a second."""
_EVENT_CONCURRENCY: Final = 8
"""Events have slots of their own, and fewer, so that no address waits for the news of another."""
_CLOSING_S: Final = 1.0
"""How long writes under way may take when the process stops; after it the Lease is released, which must not run out
meanwhile."""


class Writer:
    """Starts writes and reads, while it is open; none of its methods waits for them."""

    def __init__(self, api: Api, put: Callable[[InboxEvent], None], metrics: Metrics) -> None:
        self._api = api
        self._put = put
        self._metrics = metrics
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self._event_slots = asyncio.Semaphore(_EVENT_CONCURRENCY)
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_open = False

    def open(self) -> None:
        """Take orders from now on."""
        self._is_open = True

    def halt(self) -> None:
        """Cancel what is under way, and take no order before `open`; nothing of it comes back through the inbox."""
        self._is_open = False
        for task in self._tasks:
            task.cancel()

    def write(self, key: Key, patch: Patch) -> None:
        """Write a Service's status, and once that is done its events."""
        self._start(self._write(key, patch))

    def refresh(self, key: Key, after_s: float) -> None:
        """Read a Service after a while.

        Args:
            key: which one.
            after_s: how long to wait first.
        """
        self._start(self._refresh(key, after_s))

    def tell(self, records: Iterable[EventRecord]) -> None:
        """Write Events that go with no other write."""
        self._start(self._tell(tuple(records)))

    async def close(self) -> None:
        """Let the writes under way end for a while, then cancel what is left."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSING_S)
        left = tuple(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        if not self._is_open:
            work.close()
            return
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._put(Crashed(error))

    async def _write(self, key: Key, patch: Patch) -> None:
        try:
            async with self._slots:
                began_s = time.monotonic()
                item = await self._api.patch_service_status(key, patch.body)
        except TargetError as err:
            self._metrics.writes.labels("conflict" if isinstance(err, Conflict) else "failed").inc()
            self._put(_failed(key, err))
            return
        self._metrics.writes.labels("done").inc()
        self._metrics.write_seconds.observe(time.monotonic() - began_s)
        self._put(Written(key, item))
        await self._tell(patch.events)

    async def _refresh(self, key: Key, after_s: float) -> None:
        await asyncio.sleep(after_s)
        try:
            async with self._slots:
                self._put(Refreshed(key, await self._api.get_service(key)))
        except NotFound:
            self._put(Refreshed(key, None))
        except TargetError as err:
            self._put(_failed(key, err))

    async def _tell(self, records: tuple[EventRecord, ...]) -> None:
        for record in records:
            try:
                async with self._event_slots:
                    await self._api.record_event(record)
            except TargetError as err:
                # An Event is a courtesy; the condition on the object says the same and is retried.
                _log.warning("event not written", about=str(record.regarding.key), reason=record.reason, error=str(err))


def _failed(key: Key, error: TargetError) -> Failed:
    wait_s = error.retry_after_s if isinstance(error, ApiError) else None
    return Failed(key, str(error), is_conflict=isinstance(error, Conflict), retry_after_s=wait_s or 0.0)
