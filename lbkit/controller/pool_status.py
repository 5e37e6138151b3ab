"""Keeps the status of IPAddressPools true: counters, and whether the pool can be used.

Every assignment changes a counter, so the writes are held back a second and only the last numbers go out; an address
that has begun to rest is told at once, as only the status remembers it over a crash. A pool whose status is right
already is not written.
Source: MetalLB IPAddressPool `status`; metav1.Condition.

Shell: the API server, clock, log.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Final

import structlog

from lbkit.allocator.book import Book
from lbkit.allocator.pools import capacity
from lbkit.controller.api import Api, NotLeadingError
from lbkit.controller.quarantine import written
from lbkit.controller.state import State
from lbkit.errors import TargetError
from lbkit.kube.backoff import delay_s
from lbkit.kube.publish import now
from lbkit.model import conditions
from lbkit.model.names import CONDITION_VALID
from lbkit.model.objects import Condition, Pool, PoolStatus
from lbkit.model.views import Family
from lbkit.model.views import Pool as PoolView

_log = structlog.get_logger(__name__)

HOLD_BACK_S: Final = 1.0
URGENT_HOLD_BACK_S: Final = 0.05
_MAX: Final = 2**63 - 1
"""The API's counters are int64; an IPv6 /64 holds more (MetalLB shows the maximum less those in use)."""

_SHOWN: Final = 5
"""How many such addresses a condition names one by one."""


def wanted_status(
    pool: PoolView | None, problems: tuple[str, ...], old: Pool, state: State, at: str
) -> dict[str, object]:
    """Give what differs between a pool's status and what it should be; empty if nothing does.

    Args:
        pool: the pool in force; None while it is not.
        problems: what is wrong with it.
        old: the object as the API server has it.
        state: for the book.
        at: the present, RFC 3339.
    """
    status = old.status or PoolStatus()
    wanted: dict[str, object] = {}
    notes: tuple[str, ...] = ()
    if pool is not None:
        notes = _squatters(state.book, pool)
        wanted |= _counters(pool, status, state)
        quarantined = written(state.book, pool)
        known = [
            {"address": item.address, "service": item.service, "until": item.until} for item in status.quarantined or ()
        ]
        if quarantined != known:
            wanted["quarantined"] = quarantined
    condition = _condition(problems, notes, status.conditions or (), old.metadata.generation, at)
    if condition is not None:
        wanted["conditions"] = [condition]
    return wanted


def _counters(pool: PoolView, status: PoolStatus, state: State) -> dict[str, object]:
    """Give the counters that differ; those of the quarantine only where there is or was something to count."""
    counters: tuple[tuple[Family, int | None, int | None, int | None], ...] = (
        (4, status.assigned_ipv4, status.available_ipv4, status.quarantined_ipv4),
        (6, status.assigned_ipv6, status.available_ipv6, status.quarantined_ipv6),
    )
    wanted: dict[str, object] = {}
    for family, assigned, available, quarantined in counters:
        stock = state.book.stock
        used, resting = stock.held(pool, family), stock.quarantined(pool, family)
        free = min(capacity(pool, family) - stock.idle_reserved(pool, family), _MAX) - used - resting
        if assigned != used:
            wanted[f"assignedIPv{family}"] = used
        if available != free:
            wanted[f"availableIPv{family}"] = free
        if (quarantined or 0) != resting:
            wanted[f"quarantinedIPv{family}"] = resting
    return wanted


def _squatters(book: Book, pool: PoolView) -> tuple[str, ...]:
    """Name those who hold what is reserved for others: they had it before, and nothing that works is taken away."""
    found = book.squatters(pool)
    shown = [f"{where} is reserved for {what.holder} and held by {holder}" for where, what, holder in found[:_SHOWN]]
    return (*shown, f"and {len(found) - _SHOWN} more") if len(found) > _SHOWN else tuple(shown)


def _condition(
    problems: tuple[str, ...], notes: tuple[str, ...], old: tuple[Condition, ...], generation: int, at: str
) -> Mapping[str, str | int] | None:
    """Give the condition to write; None if it is there already.

    It names the generation it speaks of, so that who has just changed a pool can wait for the answer.
    """
    if problems:
        status, reason = "False", "InvalidConfiguration"
    else:
        status, reason = "True", "ReservedAddressInUse" if notes else "Valid"
    message = "\n".join(problems or notes)
    known = conditions.of_type(old, CONDITION_VALID) or Condition()
    is_told = (known.status, known.reason, known.message) == (status, reason, message)
    if is_told and known.observed_generation == generation:
        return None
    return {
        "type": CONDITION_VALID,
        "status": status,
        "reason": reason,
        "message": message,
        "observedGeneration": generation,
        "lastTransitionTime": conditions.since(known, status, at),
    }


class PoolStatusWriter:
    """Writes pool statuses some time after `note` was called."""

    def __init__(self, api: Api, state: State) -> None:
        self._api = api
        self._state = state
        self._noted = asyncio.Event()
        self._urgent = asyncio.Event()
        self._rests_changed = 0

    def note(self) -> None:
        """Say that something may have changed."""
        self._noted.set()
        if self._state.book.rests_changed != self._rests_changed:
            self._rests_changed = self._state.book.rests_changed
            self._urgent.set()

    async def run(self) -> None:
        """Write what differs, at most once a second unless it is urgent, until cancelled."""
        failures = 0
        while True:
            await self._noted.wait()
            await asyncio.sleep(URGENT_HOLD_BACK_S + delay_s(failures))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), HOLD_BACK_S)
            self._noted.clear()
            self._urgent.clear()
            failures = 0 if await self.write_all() else failures + 1
            if failures:
                self._noted.set()

    async def write_all(self) -> bool:
        """Write every status that differs.

        Returns:
            Whether all writes worked; not so while the book is not whole.
        """
        is_done = True
        problems = self._state.configuration.pool_problems()
        for name, item in sorted(self._state.pools.items()):
            if not self._state.is_whole:
                return False
            pool = self._state.book.pools.by_name.get(name)
            status = wanted_status(pool, problems.get(name, ()), item, self._state, now())
            if not status:
                continue
            try:
                await self._api.patch_pool_status(name, status)
            except NotLeadingError:
                return True  # it is the leader's to write; whoever leads next is told to
            except TargetError as err:
                is_done = False
                _log.warning("pool status not written", pool=name, error=str(err))
        return is_done
