"""The controller's loop: takes everything from the inbox, decides for whom it concerns, starts the writes.

One loop owns all state. Nothing is decided before everything was listed, so that an address in use is never given
away; a Service with a write under way is decided for again only when its result is in; and a write is started only
where the Service does not show the outcome yet. A replica that does not lead keeps what it knows of the cluster up to
date and decides nothing; whoever begins to lead begins without memory.
Source: style guide "Book and in-flight writes"; MetalLB's reasons for its Events.

Shell: asyncio, clock, log.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import structlog

from lbkit.allocator.decide import decisions
from lbkit.allocator.deprecated import warning
from lbkit.allocator.finalizer import FinalizerChange
from lbkit.allocator.outcome import Assign, Keep, Outcome, Refuse, Release
from lbkit.allocator.render import render
from lbkit.allocator.waiting import Waiting
from lbkit.controller.api import Api
from lbkit.controller.cleanup import Cleanup
from lbkit.controller.clock import Alarm, steady_clock
from lbkit.controller.inbox import (
    Crashed,
    Due,
    Failed,
    InboxEvent,
    Reconsider,
    ReconsiderAll,
    Refreshed,
    Turn,
    Written,
)
from lbkit.controller.metrics import Metrics
from lbkit.controller.pool_status import PoolStatusWriter
from lbkit.controller.problems import ProblemTeller
from lbkit.controller.state import State
from lbkit.controller.writing import Writer
from lbkit.kube.backoff import delay_s
from lbkit.kube.publish import now
from lbkit.model import objects
from lbkit.model.views import Key, Service

_log = structlog.get_logger(__name__)

RECONSIDER_ALL_S: Final = 600.0
_AT_ONCE: Final = 200
"""Steps of deciding before the rest of the process has a turn, so that a Lease is renewed in time whatever there is to
do."""


class Loop:
    """Owns the state; everything else talks to it through `put`.

    Args:
        api: the API server.
        namespace: where the configuration objects are.
        lb_class: our loadBalancerClass; empty to serve Services without one.
        show: takes what is wrong with the configuration, one line each, whenever it was checked, and None when that
            is another replica's to tell; must not block.
        now_s: gives the time for the rules about time, in seconds since 1970-01-01 UTC; must not jump.

    Attributes:
        is_leading: whether this replica decides.
        is_synced: set once everything was listed.
    """

    def __init__(
        self,
        api: Api,
        namespace: str,
        lb_class: str = "",
        *,
        show: Callable[[tuple[str, ...] | None], None],
        now_s: Callable[[], float] | None = None,
    ) -> None:
        self.state = State(namespace, lb_class)
        self._inbox: asyncio.Queue[InboxEvent] = asyncio.Queue()
        self.metrics = Metrics(self.state, self._inbox.qsize, lambda: self.waiting)
        self.pool_status = PoolStatusWriter(api, self.state)
        self.is_leading = False
        self.is_synced = asyncio.Event()
        self._writer = Writer(api, self.put, self.metrics)
        self._now_s = now_s or steady_clock()
        self._show = show
        self._is_shown = False
        self._arrived_s = 0.0
        self._forget()

    def _forget(self) -> None:
        """Begin without memory of anything that was decided or is under way."""
        self.state.start_over()
        self._problems = ProblemTeller()
        self._alarm = Alarm(lambda: self.put(Reconsider()))
        self._cleanup = Cleanup(lambda key: self.put(Due(key)))
        self._writing: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._first_seen_s: dict[Key, float] = {}
        self.waiting = Waiting()

    def put(self, event: InboxEvent) -> None:
        """Put an event into the inbox."""
        if self._inbox.empty():
            self._arrived_s = time.monotonic()
        self._inbox.put_nowait(event)

    def elect(self) -> None:
        """Decide from now on.

        What the leader before this one wrote must be in the inbox: the caller has listed it since the Lease was won.
        """
        self.put(Turn(is_leading=True))

    def depose(self) -> None:
        """Stop writing at once, also what is under way, and decide nothing before `elect`."""
        self._writer.halt()
        self.put(Turn(is_leading=False))

    def ready(self) -> str:
        """Say what the loop waits for; empty when it does its work, be it to lead or to stand by."""
        if missing := self.state.missing():
            return f"waiting for the first listing of {', '.join(missing)}"
        if self.is_leading and self.state.configuration.pools is None:
            return "the configuration is invalid and there is no older one to go on with"
        return ""

    async def run(self) -> None:
        """Work until cancelled; then let the writes under way end."""
        again = asyncio.ensure_future(self._remind())
        try:
            while True:
                self._take(await self._inbox.get())
                while not self._inbox.empty():
                    self._take(self._inbox.get_nowait())
                await self._step()
        finally:
            again.cancel()
            await self._writer.close()

    async def _remind(self) -> None:
        while True:
            await asyncio.sleep(RECONSIDER_ALL_S)
            self.put(ReconsiderAll())

    def _take(self, event: InboxEvent) -> None:
        match event:
            case Written(key=key, object=item):
                self._writing.discard(key)
                self._failures.pop(key, None)
                self._see(item)
                self._time(key)
            case Failed(key=key):
                self._take_failure(event)
            case Refreshed(key=key, object=item):
                self._writing.discard(key)
                if item is None:
                    # The watch will tell of the deletion, and of a successor; there is nothing more to write to.
                    self._failures.pop(key, None)
                else:
                    self._see(item)
            case Due(key=key):
                self.state.dirty.add(key)
            case Reconsider():
                pass  # the step that follows looks who may be served
            case ReconsiderAll():
                self.state.dirty |= set(self.state.services)
                self.state.check_again()
            case Turn(is_leading=is_leading):
                self._turn(is_leading=is_leading)
            case Crashed(error=error):
                raise error
            case _:
                self.state.take(event)
                self.metrics.updates.inc()
        self._report()

    def _report(self) -> None:
        """Tell what came to light when an event was entered."""
        for kind, key, why in self.state.unread:
            _log.error("object cannot be used; its last known state stays", kind=kind, name=str(key), error=why)
            self.metrics.update_errors.inc()
        self.state.unread.clear()
        for service, annotation in self.state.deprecated if self.is_leading else ():
            _log.warning("deprecated annotation", service=str(service.key), annotation=annotation)
            self._writer.tell([warning(service, annotation)])
        self.state.deprecated.clear()

    def _turn(self, *, is_leading: bool) -> None:
        self._forget()
        self.is_leading = is_leading
        self.metrics.lead(is_leading=is_leading)
        if is_leading:
            self._writer.open()
        else:
            self._writer.halt()
            self._is_shown = False
            self._show(None)

    def _see(self, item: objects.Service) -> None:
        """Enter what a write or a read of ours has shown, unless the Service was deleted meanwhile."""
        key = Key(item.metadata.namespace, item.metadata.name)
        known = self.state.services.get(key)
        if known is not None and known.uid == item.metadata.uid:
            self.state.see(item)
            # Also if the watch was quicker and told of something newer: that was not decided for yet.
            self.state.dirty.add(key)

    def _time(self, key: Key) -> None:
        """Measure how long a Service waited, once it shows an address."""
        service = self.state.services.get(key)
        if service is not None and service.ingress and (since_s := self._first_seen_s.pop(key, None)) is not None:
            self.metrics.allocation_seconds.observe(time.monotonic() - since_s)

    def _take_failure(self, event: Failed) -> None:
        """Read the Service again after a while; until then it stays "writing" and keeps its place in the book."""
        failures = self._failures[event.key] = self._failures.get(event.key, 0) + 1
        if not event.is_conflict or failures > 1:
            _log.warning("write failed", service=str(event.key), failures=failures, error=event.error)
        # A first conflict only says that we were late; the fresh state is there to be read at once.
        wait_s = delay_s(failures - 1 if event.is_conflict else failures)
        self._writer.refresh(event.key, max(wait_s, event.retry_after_s))

    async def _step(self) -> None:
        if self.state.missing():
            return
        self.is_synced.set()
        if self.state.apply_configuration():
            self.metrics.show_configuration(self.state.configuration)
            self._is_shown = False
        if not self.is_leading:
            self.state.dirty.clear()
            return
        if not self._is_shown:
            self._show_configuration()
        if self.state.configuration.pools is None:
            return
        now_s = self._now_s()
        self.state.tick(now_s)
        await self._decide()
        self._alarm.set(self.state.book.next_end_s(), now_s)
        self.pool_status.note()

    async def _decide(self) -> None:
        """Decide for whom it concerns, and for those who wait for what was given back since."""
        book = self.state.book
        given_back, book.given_back = book.given_back, set()
        self.state.dirty |= self.waiting.worth_deciding(given_back, book, self._writing)
        keys = self.state.dirty - self._writing
        self.state.dirty -= keys
        services = [self.state.services[key] for key in keys if key in self.state.services]
        for key in [key for key in keys if key not in self.state.services]:
            self.waiting.forget(key)
            self._first_seen_s.pop(key, None)
            self._cleanup.forget(key)
        for service in services:
            if service.wants_address and not service.ingress:
                self._first_seen_s.setdefault(service.key, self._arrived_s)
        self.state.is_whole = False
        for number, step in enumerate(decisions(services, self.state.namespaces, book), 1):
            if step is not None:
                key, outcome = step
                self._carry_out(self.state.services[key], outcome)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)  # the state is ours alone: what comes in meanwhile waits in the inbox
        self.state.is_whole = True
        if book.given_back and any(True for _ in self.waiting):
            # By the deciding itself, so perhaps after a refusal that need not have been.
            self.put(Reconsider())

    def _carry_out(self, service: Service, outcome: Outcome) -> None:
        self.waiting.note(service, outcome, self.state.namespaces, self.state.book)
        finalizer = self._cleanup.change(service, outcome, self.state.book.pools)
        patch = render(service, outcome, now(), finalizer)
        if patch is None:
            if isinstance(outcome, Release) and finalizer is FinalizerChange.NONE:
                self.state.forget(service.key)  # nothing of ours is left on it
            return
        _log_decision(service, outcome, finalizer)
        self._writing.add(service.key)
        self._writer.write(service.key, patch)

    def _show_configuration(self) -> None:
        self._is_shown = True
        self._show(self.state.configuration.problem_lines())
        if records := self._problems.tell(self.state.configuration.problems):
            self._writer.tell(records)


def _log_decision(service: Service, outcome: Outcome, finalizer: FinalizerChange) -> None:
    log = _log.bind(service=str(service.key))
    if finalizer is FinalizerChange.REMOVE:
        log.info("finalizer removed")
        if not service.ingress:
            return
    match outcome:
        case Keep():
            log.info("address kept", addresses=[str(ip) for ip in outcome.addresses], pool=outcome.pool)
        case Assign():
            log.info(
                "address assigned",
                addresses=[str(ip) for ip in outcome.addresses],
                pool=outcome.pool,
                lost=outcome.lost or None,
            )
        case Release():
            log.info("address released", addresses=[str(ip) for ip in service.ingress])
        case Refuse():
            log.warning("no address", reason=outcome.reason, message=outcome.message, lost=outcome.lost or None)
