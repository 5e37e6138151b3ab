"""The speaker's loop: one inbox, one picture, one decision at a time, and all state in one place.

Events are taken in as they come; what they change is decided once for all that came together. A decision may not come
again before the loop has rested four times as long as the last one took, so that a flood of changes costs a fifth of
a CPU and not all of it. Nothing is decided before the first full listing; when the API server goes away, the last
picture goes on to hold.
Steps for the engine are handed over, and not awaited: while some are under way no others are made, and what it truly
did comes back through the inbox.

Shell: log; carries out through the responder and the engine.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Final, Protocol

import structlog

from lbkit.announcer.decide import decide
from lbkit.announcer.desired import Desired, Interface, Outcome
from lbkit.announcer.diff import BgpAction, applied, diff_bgp, diff_layer2, leave_alone
from lbkit.gobgp.events import Applied, EngineDown, EngineUp, SessionChanged
from lbkit.kube.watch import Changed, Deleted, Listed
from lbkit.model.event_records import EventRecord
from lbkit.model.names import Reason
from lbkit.model.views import Snapshot
from lbkit.speaker.counters import State
from lbkit.speaker.events import InboxEvent, InterfacesChanged, PasswordKnown
from lbkit.speaker.picture import CONFIGURATION_KINDS, Picture
from lbkit.speaker.responder import Responder
from lbkit.speaker.transitions import event_record, transitions

_log = structlog.get_logger(__name__)

REST: Final = 4.0
"""How many times the length of a decision the loop rests before the next."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Who this speaker is.

    Args:
        ignore_exclude_label: MetalLB's `--ignore-exclude-lb`.
    """

    k8s_node: str
    load_balancer_class: str | None = None
    ignore_exclude_label: bool = False


class Submitter(Protocol):
    """What the loop needs of gobgp.driver.Engine."""

    def submit(self, listed: int, actions: tuple[BgpAction, ...]) -> None:
        """Hand over steps."""


class Speaker:
    """All state of the speaker, and what each event does to it.

    Args:
        responder: answers for layer-2 addresses.
        engine: None where no BGP engine runs beside the speaker.
        tell: takes event_records to be written; must not block.
        show: takes what is wrong with the configuration, one line each, after every decision; must not block.
        want_secrets: takes the names of the Secrets to watch, all of them, whenever they change.
    """

    def __init__(
        self,
        settings: Settings,
        state: State,
        *,
        responder: Responder,
        engine: Submitter | None,
        tell: Callable[[EventRecord], None],
        show: Callable[[tuple[str, ...]], None],
        want_secrets: Callable[[frozenset[str]], None],
    ) -> None:
        self._settings = settings
        self._state = state
        self._responder = responder
        self._engine = engine
        self._tell = tell
        self._show = show
        self._want_secrets = want_secrets
        self._picture = Picture(settings.k8s_node, settings.load_balancer_class)
        self._interfaces: tuple[Interface, ...] | None = None
        self._sockets_wanted = 0
        self._secrets: frozenset[str] = frozenset()
        self._listing = 0
        self._is_engine_busy = False
        self._engine_trouble = "not reached yet"
        self._desired = Desired()
        self._refused: dict[str, str] = {}
        self._problems: Mapping[tuple[str, str], str] = {}
        self._is_inherited = False
        self.is_dirty = False

    def not_ready(self) -> str:
        """Say why this node cannot be relied on yet; empty if it can."""
        if missing := self._picture.missing():
            return f"not listed yet: {', '.join(missing)}"
        if self._interfaces is None:
            return "interfaces not read yet"
        if _sockets(self._interfaces) < self._sockets_wanted:
            return "an interface cannot be opened (is CAP_NET_RAW missing?)"
        if self._desired.bgp.sessions and not self._state.is_engine_up:
            return f"BGP engine: {self._engine_trouble}"
        return ""

    def take(self, event: InboxEvent) -> None:
        """Take one event in."""
        match event:
            case Listed() | Changed() | Deleted():
                self.is_dirty |= self._picture.take(event)
            case PasswordKnown(secret, password):
                self.is_dirty |= self._picture.set_password(secret, password)
            case InterfacesChanged(interfaces):
                opened = self._responder.use(interfaces)
                self._sockets_wanted = _sockets(interfaces)
                self._interfaces = tuple(sorted(opened, key=lambda each: each.name))
                self.is_dirty = True
                _log.info("interfaces", names=[each.name for each in self._interfaces])
            case EngineUp() | EngineDown() | Applied() | SessionChanged():
                self._take_engine(event)

    def act(self) -> None:
        """Decide, and have everything done that follows."""
        self.is_dirty = False
        if self._picture.missing() or self._interfaces is None:
            return
        snapshot = self._picture.snapshot()
        secrets = self._picture.secrets()
        if secrets != self._secrets:
            self._secrets = secrets
            self._want_secrets(secrets)
        self._desired = decide(
            snapshot,
            self._settings.k8s_node,
            self._interfaces,
            ignore_exclude_label=self._settings.ignore_exclude_label,
        )
        self._state.is_loaded = True
        self._responder.carry_out(diff_layer2(self._responder.announced, self._desired.addresses))
        self._advance_engine()
        self._report(snapshot)

    def _take_engine(self, event: EngineUp | EngineDown | Applied | SessionChanged) -> None:
        state = self._state
        match event:
            case EngineUp(listing, holds, established):
                self._is_inherited = not self._listing and bool(holds.paths)
                self._listing, self._is_engine_busy = listing, False
                state.bgp, state.established, state.is_engine_up = holds, set(established), True
                self.is_dirty = True
                _log.info("BGP engine answers", peers=len(holds.sessions), established=sorted(established))
            case EngineDown(reason):
                if state.is_engine_up or self._engine_trouble != reason:
                    _log.warning("BGP engine does not answer", error=reason)
                self.is_dirty |= state.is_engine_up
                self._engine_trouble = reason
                state.is_engine_up, state.established = False, set()
            case Applied(actions, refused):
                self._is_engine_busy = False
                state.bgp = applied(state.bgp, actions)
                for action, words in refused:
                    _log.error("BGP engine refuses a step", step=type(action).__name__, error=words)
                if not refused:
                    self._advance_engine()
            case SessionChanged(peer, is_established):
                (state.established.add if is_established else state.established.discard)(peer)
                _log.info("session up" if is_established else "session down", peer=peer)

    def _advance_engine(self) -> None:
        """Hand over what the engine lacks, unless it is at work already or not there."""
        if self._engine is None or not self._state.is_engine_up or self._is_engine_busy:
            return
        if self._picture.missing() or self._interfaces is None:
            return
        wished = leave_alone(self._desired.bgp, self._state.bgp, self._picture.waiting_peers())
        if actions := diff_bgp(self._state.bgp, wished):
            self._is_engine_busy = True
            self._engine.submit(self._listing, actions)

    def _report(self, snapshot: Snapshot) -> None:
        """Log and tell what is not as it was after the last decision."""
        outcomes = {key: self._effective(outcome) for key, outcome in self._desired.outcomes.items()}
        for each in transitions(self._state.outcomes, outcomes):
            is_news = each.before is not None or each.after is not Reason.NO_ADVERTISEMENT
            if is_news:
                _log.info(
                    "decision",
                    service=str(each.key),
                    protocol=each.protocol,
                    reason=str(each.after),
                    addresses=[str(address) for address in each.addresses],
                )
            record = event_record(each, snapshot.services[each.key], self._settings.k8s_node)
            # What a restarted speaker finds in the engine was told by its predecessor.
            is_old = each.protocol == "bgp" and self._is_inherited
            if record is not None and not is_old:
                self._tell(record)
        for key in self._state.outcomes.keys() - outcomes.keys():
            _log.info("service gone", service=str(key))
        self._state.outcomes = outcomes
        self._is_inherited &= not self._state.is_engine_up or bool(self._picture.waiting_peers())
        self._report_problems()

    def _effective(self, outcome: Outcome) -> Outcome:
        """Without an engine that answers, nothing is advertised, whatever was decided."""
        if outcome.bgp is Reason.ANNOUNCED and not self._state.is_engine_up:
            return replace(outcome, bgp=Reason.ENGINE_UNAVAILABLE)
        return outcome

    def _report_problems(self) -> None:
        waiting = self._picture.waiting_peers()
        refused = {name: words for name, words in self._desired.refused_peers.items() if name not in waiting}
        router_id, wished = self._state.bgp.router_id, self._desired.bgp.router_id
        if router_id is not None and wished is not None and router_id != wished:
            refused["*"] = f"router ID {wished} waits for the next start of the pod; the engine runs with {router_id}"
        for name, problem in refused.items():
            if self._refused.get(name) != problem:
                _log.warning("peer has no session, or not as written", peer=name, problem=problem)
        problems = self._picture.problems
        for (kind, name), problem in problems.items():
            if self._problems.get((kind, name)) != problem:
                _log.warning("object is not used as written", kind=kind, name=name, problem=problem)
        self._refused, self._problems = refused, problems
        self._state.problems = len(problems)
        lines = [f"{kind} {name}: {words}" for (kind, name), words in problems.items() if kind in CONFIGURATION_KINDS]
        lines += [f"BGPPeer {name}: {problem}" for name, problem in refused.items()]
        self._show(tuple(sorted(lines)))


def _sockets(interfaces: tuple[Interface, ...]) -> int:
    """Count the sockets that these interfaces have, or are to have: one for each family."""
    return sum(len(each.families) for each in interfaces)


async def pump(inbox: "asyncio.Queue[InboxEvent]", speaker: Speaker) -> None:
    """Run the loop for ever: take in all there is, decide when rested."""
    rested_s = 0.0
    while True:
        wait_s = max(0.0, rested_s - perf_counter()) if speaker.is_dirty else None
        try:
            async with asyncio.timeout(wait_s):
                speaker.take(await inbox.get())
        except TimeoutError:
            pass
        while not inbox.empty():
            speaker.take(inbox.get_nowait())
        begun_s = perf_counter()
        if speaker.is_dirty and begun_s >= rested_s:
            speaker.act()
            rested_s = perf_counter() + REST * (perf_counter() - begun_s)
