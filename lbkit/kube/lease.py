"""Takes part in an election over one Lease: watches it, writes it, and says who leads.

What to do and when is `lbkit.model.election`'s; here are the API server and the clock. The clock counts the time a
machine sleeps, so that a leader that slept through its Lease knows.

Shell: HTTP to the API server, clock, random numbers, log.
"""

import asyncio
import math
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog

from lbkit.errors import TargetError
from lbkit.kube.client import Client
from lbkit.kube.errors import ApiError, Conflict, Forbidden, NotFound
from lbkit.kube.resources import LEASES
from lbkit.kube.watch import Changed, Deleted, Listed, Reflector, WatchEvent
from lbkit.model.election import TIMING, Election, Read, Timing, Wait, Write
from lbkit.model.event_records import Reference
from lbkit.model.objects import Lease
from lbkit.model.views import Key

_log = structlog.get_logger(__name__)

_WATCH_AGAIN_S: Final = 1.0
"""The longest wait before the Lease is watched again: a standby that does not see it takes part late."""


def clock_s() -> float:
    """Give the seconds since the machine was started, sleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Elector:
    """One candidate.

    Args:
        client: an open client.
        key: namespace and name of the Lease.
        identity: who this is; not the same as any other candidate.
        won: called when this candidate begins to lead.
        lost: called when it leads no more, with the reason; before it can win again.
        timing: the same for all candidates.
    """

    def __init__(
        self,
        client: Client,
        key: Key,
        identity: str,
        *,
        won: Callable[[], None],
        lost: Callable[[str], None],
        timing: Timing = TIMING,
    ) -> None:
        self._client = client
        self._key = key
        self._election = Election(identity, random.random, timing)
        self._won = won
        self._lost = lost
        self._told_term = 0
        self._error: TargetError | None = None
        self._moved = asyncio.Event()
        selectors = {"fieldSelector": f"metadata.name={key.name}"}
        self._watch = Reflector(
            client, LEASES, self._take, key.namespace, selectors=selectors, longest_s=_WATCH_AGAIN_S
        )

    @property
    def trouble(self) -> str:
        """Why this candidate cannot take part, with the cure; empty while it can, be it with troubles that pass."""
        why = ""
        if self._election.lease is None:
            why = self._watch.trouble or str(self._error or "")
        elif isinstance(self._error, Forbidden):
            why = str(self._error)
        if not why:
            return ""
        return (
            f"leader election over the Lease {self._key}: {why}. Cure: let the ServiceAccount get, list, watch, create "
            "and patch leases.coordination.k8s.io there (see rbac.yaml), or run one replica with --no-leader-elect"
        )

    @property
    def holder(self) -> str:
        """Who holds the Lease, as last seen; empty for nobody."""
        return self._election.holder

    @property
    def reference(self) -> Reference:
        """The Lease, to write Events about."""
        uid = self._election.lease.metadata.uid if self._election.lease is not None else ""
        return Reference(LEASES.api_version, LEASES.kind, self._key, uid)

    def write_time_s(self) -> float:
        """Give how long a write that starts now may take; 0 if this candidate does not lead."""
        return self._election.write_time_s(clock_s())

    async def run(self, may_compete: asyncio.Event) -> None:
        """Take part until cancelled.

        Args:
            may_compete: set when this candidate could lead; the Lease is watched before, so that time counts.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch.run())
            await may_compete.wait()
            while True:
                await self._act()
                self._tell()

    async def release(self) -> None:
        """Give the Lease back, so that another candidate leads at once; call it when `run` has ended."""
        action = self._election.released(clock_s())
        self._tell()
        if action is not None:
            try:
                await self._send(action, self._election.timing.renew_deadline_s)
            except TargetError as err:
                _log.warning("Lease not released; it will run out", lease=str(self._key), error=str(err))

    async def _act(self) -> None:
        now_s = clock_s()
        action = self._election.plan(now_s)
        if isinstance(action, Wait):
            self._moved.clear()
            await _wait_for(self._moved, action.until_s - now_s)
            return
        patience_s = self._election.patience_s(now_s)
        try:
            if isinstance(action, Read):
                self._election.see(await self._read(patience_s), clock_s())
            else:
                self._election.written(await self._send(action, patience_s), now_s, clock_s())
            self._error = None
        except TargetError as err:
            self._fail(
                err, is_expected=isinstance(err, Conflict) or (isinstance(err, NotFound) and not _creates(action))
            )

    async def _read(self, timeout_s: float) -> Lease:
        return await self._client.get(LEASES, self._key.name, self._key.namespace, timeout_s=timeout_s)

    async def _send(self, action: Write, timeout_s: float) -> Lease:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        name, namespace = self._key.name, self._key.namespace
        if not action.version:
            return await self._client.create(LEASES, action.body(name, at), namespace, timeout_s=timeout_s)
        return await self._client.patch(LEASES, name, action.body(name, at), namespace, timeout_s=timeout_s)

    def _fail(self, error: TargetError, *, is_expected: bool) -> None:
        if not is_expected:
            if self._error is None:
                _log.warning("Lease not written", lease=str(self._key), error=str(error))
            self._error = error
        self._election.failed(
            clock_s(),
            is_conflict=isinstance(error, Conflict),
            is_gone=isinstance(error, NotFound),
            wait_s=(isinstance(error, ApiError) and error.retry_after_s) or 0.0,
        )

    def _take(self, event: WatchEvent) -> None:
        match event:
            case Listed(_, (Lease() as lease, *_)) | Changed(_, Lease() as lease):
                self._election.see(lease, clock_s())
            case Listed() | Deleted():
                self._election.miss(clock_s())
            case _:
                return
        self._moved.set()
        self._tell()

    def _tell(self) -> None:
        """Tell of what has changed since the last time."""
        leads = self._election.leads(clock_s())
        term = self._election.term if leads else 0
        if term == self._told_term:
            return
        if self._told_term:
            self._told_term = 0
            self._lost(self._election.why)
        if term:
            self._told_term = term
            self._won()


def _creates(action: Read | Write) -> bool:
    return isinstance(action, Write) and not action.version


async def _wait_for(event: asyncio.Event, most_s: float) -> None:
    try:
        async with asyncio.timeout(None if math.isinf(most_s) else most_s):
            await event.wait()
    except TimeoutError:
        return
