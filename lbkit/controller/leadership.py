"""From a won Lease to a deciding loop, and back.

The watch of a new leader may lag behind the last writes of the one before it. So everything that decisions are about
is listed once more, after the Lease was won, and only then the loop decides. A lost Lease stops it at once.

Shell: the API server, log.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from lbkit.controller.api import LEASE, Api
from lbkit.controller.loop import Loop
from lbkit.errors import TargetError
from lbkit.kube.client import Client
from lbkit.kube.lease import Elector
from lbkit.kube.resources import POOLS, SERVICES
from lbkit.kube.watch import Reflector
from lbkit.model.event_records import EventRecord
from lbkit.model.views import Key

_log = structlog.get_logger(__name__)

LISTED_ANEW: Final = (SERVICES, POOLS)
"""What a leader writes: who has which address, and what rests."""


class Leadership:
    """Ties an elector to a loop.

    Args:
        client: an open client.
        api: to write Events with.
        loop: decides while we lead.
        reflectors: feed the loop.
        namespace: where the Lease is.
        identity: as it stands in the Lease; not the same as any other replica's.
    """

    def __init__(
        self, client: Client, api: Api, loop: Loop, reflectors: Sequence[Reflector], *, namespace: str, identity: str
    ) -> None:
        self.elector = Elector(client, Key(namespace, LEASE), identity, won=self._won, lost=self._lost)
        self._api = api
        self._loop = loop
        self._reflectors = [item for item in reflectors if item.resource in LISTED_ANEW]
        self._identity = identity
        self._taking_over: asyncio.Future[None] | None = None
        self._telling: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Take part in the election until cancelled; nobody is a candidate before everything was listed."""
        await self.elector.run(self._loop.is_synced)

    async def resign(self) -> None:
        """Release the Lease; call it when the loop has ended."""
        await self.elector.release()
        if self._telling:
            await asyncio.wait(self._telling, timeout=1.0)

    def role(self) -> str:
        """Say what this replica does, for the readiness answer."""
        if self._loop.is_leading:
            return "leading"
        if self._taking_over is not None:
            return "taking over"
        return f"standing by for {self.elector.holder or 'nobody'}"

    def _won(self) -> None:
        _log.info("Lease won; listing anew", identity=self._identity)
        self._tell("became leader")
        self._taking_over = asyncio.ensure_future(self._take_over())

    def _lost(self, why: str) -> None:
        _log.warning("leadership ended", identity=self._identity, why=why)
        if self._taking_over is not None:
            self._taking_over.cancel()
            self._taking_over = None
        self._loop.depose()
        self._tell("stopped leading")

    async def _take_over(self) -> None:
        await asyncio.gather(*(item.relist() for item in self._reflectors))
        self._taking_over = None
        self._loop.elect()
        _log.info("leading", identity=self._identity)

    def _tell(self, what: str) -> None:
        """Write an Event on the Lease, as client-go does."""
        record = EventRecord(self.elector.reference, "Normal", "LeaderElection", f"{self._identity} {what}")
        task = asyncio.ensure_future(self._record(record))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _record(self, record: EventRecord) -> None:
        try:
            await self._api.record_event(record)
        except TargetError as err:
            _log.warning("event not written", about=str(record.regarding.key), reason=record.reason, error=str(err))
