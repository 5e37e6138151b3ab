"""The speaker's loop: one inbox, one picture, one decision at a time, and all state in one place.

Events are taken in as they come; what they change is decided once for all that came together. A decision may not come
again before the loop has rested four times as long as the last one took, so that a flood of changes costs a fifth of
a CPU and not all of it. Nothing is decided before the first full listing; when the API server goes away, the last
picture goes on to hold.

Shell: log; carries out through the responder and the engine.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import structlog

from lbkit.announcer.decide import decide
from lbkit.announcer.desired import Desired, Interface
from lbkit.announcer.diff import diff_layer2
from lbkit.announcer.sessions import NOBODY, Routers
from lbkit.gobgp.events import Applied, EngineDown, EngineUp, SessionChanged
from lbkit.kube.watch import Changed, Deleted, Listed
from lbkit.model.event_records import EventRecord
from lbkit.model.names import Reason
from lbkit.model.views import Snapshot
from lbkit.speaker.bgp_side import BgpSide, Submitter
from lbkit.speaker.counters import State
from lbkit.speaker.events import InboxEvent, InterfacesChanged, PasswordKnown, RoutersSeen
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


class Speaker:
    """All state of the speaker, and what each event does to it.

    Args:
        responder: answers for layer-2 addresses.
        engine: None where no BGP engine runs beside the speaker.
        tell: takes event_records to be written; must not block.
        show: takes what is wrong with the configuration, one line each, after every decision; must not block.
        want_routers: takes the names of the interfaces to look for routers on, all of them, whenever they change.
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
        want_routers: Callable[[frozenset[str]], None],
        want_secrets: Callable[[frozenset[str]], None],
    ) -> None:
        self._settings = settings
        self._state = state
        self._responder = responder
        self._bgp = BgpSide(state, engine)
        self._tell = tell
        self._show = show
        self._want_routers = want_routers
        self._want_secrets = want_secrets
        self._picture = Picture(settings.k8s_node, settings.load_balancer_class)
        self._interfaces: tuple[Interface, ...] | None = None
        self._sockets_wanted = 0
        self._secrets: frozenset[str] = frozenset()
        self._router_interfaces: frozenset[str] = frozenset()
        self._routers: Routers = NOBODY
        self._desired = Desired()
        self._refused: dict[str, str] = {}
        self._problems: Mapping[tuple[str, str], str] = {}
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
            return f"BGP engine: {self._bgp.trouble}"
        return ""

    def take(self, event: InboxEvent) -> None:
        """Take one event in."""
        match event:
            case Listed() | Changed() | Deleted():
                self.is_dirty |= self._picture.take(event)
            case PasswordKnown(secret, password):
                self.is_dirty |= self._picture.set_password(secret, password)
            case RoutersSeen(routers):
                self._routers = routers
                self.is_dirty = True
            case InterfacesChanged(interfaces):
                opened = self._responder.use(interfaces)
                self._sockets_wanted = _sockets(interfaces)
                self._interfaces = tuple(sorted(opened, key=lambda each: each.name))
                self.is_dirty = True
                _log.info("interfaces", names=[each.name for each in self._interfaces])
            case EngineUp() | EngineDown() | Applied() | SessionChanged():
                self.is_dirty |= self._bgp.take(event)

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
        named = frozenset(peer.interface for peer in snapshot.config.peers if peer.interface)
        if named != self._router_interfaces:
            self._router_interfaces = named
            self._want_routers(named)
        self._desired = decide(
            snapshot,
            self._settings.k8s_node,
            self._interfaces,
            routers=self._routers,
            ignore_exclude_label=self._settings.ignore_exclude_label,
        )
        self._state.is_loaded = True
        self._responder.carry_out(diff_layer2(self._responder.announced, self._desired.addresses))
        self._bgp.want(self._desired.bgp, self._picture.waiting_peers())
        self._report(snapshot)

    def _report(self, snapshot: Snapshot) -> None:
        """Log and tell what is not as it was after the last decision."""
        outcomes = {key: self._bgp.effective(outcome) for key, outcome in self._desired.outcomes.items()}
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
            is_old = each.protocol == "bgp" and self._bgp.is_inherited
            if record is not None and not is_old:
                self._tell(record)
        for key in self._state.outcomes.keys() - outcomes.keys():
            _log.info("service gone", service=str(key))
        self._state.outcomes = outcomes
        self._bgp.reported()
        self._report_problems()

    def _report_problems(self) -> None:
        refused = self._bgp.refused(self._desired.refused_peers)
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
