"""The speaker's loop: one inbox, one picture, one decision at a time, and all state in one place.

Events are taken in as they come; what they change is decided once for all that came together. A decision may not come
again before the loop has rested four times as long as the last one took, so that a flood of changes costs a fifth of
a CPU and not all of it. Nothing is decided before the first full listing; when the API server goes away, the last
picture goes on to hold.
Who owns a layer-2 address is found out by the process on the wire: it is told who may, and tells who does.

Shell: log, clock; carries out through the process on the wire and the engine.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic, perf_counter, thread_time, time
from typing import Final

import structlog

from lbkit.announcer.decide import decide
from lbkit.announcer.desired import Desired, Interface
from lbkit.announcer.sessions import NOBODY, Routers
from lbkit.gobgp.events import Applied, EngineDown, EngineUp, SessionChanged, SessionsSeen
from lbkit.kube.watch import Changed, Deleted, Listed
from lbkit.model.event_records import EventRecord
from lbkit.model.names import Reason
from lbkit.model.status_objects import Wanted
from lbkit.model.views import Snapshot
from lbkit.packet.ethernet import mac_text
from lbkit.speaker import layer2_status
from lbkit.speaker.bgp_side import BgpSide, Submitter
from lbkit.speaker.counters import State
from lbkit.speaker.events import (
    ApiHeard,
    InboxEvent,
    InterfacesChanged,
    PasswordKnown,
    RoutersSeen,
    SegmentKeysKnown,
    WireDown,
)
from lbkit.speaker.orders import Orders, Report
from lbkit.speaker.picture import CONFIGURATION_KINDS, Picture
from lbkit.speaker.transitions import conflict_record, event_record, transitions

_log = structlog.get_logger(__name__)

REST: Final = 4.0
"""How many times the processor time of a decision the loop rests before the next: on a node that is busy with other
things a decision takes long, and that must not make the next one later still."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Who this speaker is.

    Args:
        ignore_exclude_label: MetalLB's `--ignore-exclude-lb`.
        depreference_cordoned: whether routers are to prefer other nodes while this one is cordoned.
    """

    k8s_node: str
    load_balancer_class: str | None = None
    ignore_exclude_label: bool = False
    depreference_cordoned: bool = False


class Speaker:
    """All state of the speaker, and what each event does to it.

    Args:
        order: takes what the process on the wire is to do; must not block.
        engine: None where no BGP engine runs beside the speaker.
        tell: takes event_records to be written; must not block.
        show: takes what is wrong with the configuration, one line each, after every decision; must not block.
        show_layer2: takes the objects of Services that this node answers for, all of them, and the names of the other
            nodes that are heard; must not block.
        show_bgp: takes the objects of Services and of sessions that the user is to see, all of them; must not block.
        want_routers: takes the names of the interfaces to look for routers on, all of them, whenever they change.
        want_secrets: takes the names of the Secrets to watch, all of them, whenever they change.
        now: gives monotonic time in seconds.
    """

    def __init__(
        self,
        settings: Settings,
        state: State,
        *,
        order: Callable[[Orders], None],
        engine: Submitter | None,
        tell: Callable[[EventRecord], None],
        show: Callable[[tuple[str, ...]], None],
        show_bgp: Callable[[Mapping[str, Wanted], Mapping[str, Wanted]], None],
        show_layer2: Callable[[Mapping[str, Wanted], frozenset[str]], None],
        want_routers: Callable[[frozenset[str]], None],
        want_secrets: Callable[[frozenset[str]], None],
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._settings = settings
        self._state = state
        self._order = order
        self.bgp = BgpSide(state, engine, show=show_bgp, now=now)
        self._tell = tell
        self._show = show
        self._show_layer2 = show_layer2
        self._want_routers = want_routers
        self._want_secrets = want_secrets
        self._picture = Picture(settings.k8s_node, settings.load_balancer_class)
        self._interfaces: tuple[Interface, ...] | None = None
        self._secrets: frozenset[str] = frozenset()
        self._router_interfaces: frozenset[str] = frozenset()
        self._routers: Routers = NOBODY
        self._desired = Desired()
        self._refused: dict[str, str] = {}
        self._problems: Mapping[tuple[str, str], str] = {}
        self.is_dirty = False
        self.has_left = asyncio.Event()
        """Nothing is held any more that another node could take over."""

    def not_ready(self) -> str:
        """Say why this node cannot be relied on yet; empty if it can."""
        if missing := self._picture.missing():
            return f"not listed yet: {', '.join(missing)}"
        if self._interfaces is None:
            return "interfaces not read yet"
        if self._desired.stations and (trouble := self._state.segments.not_ready()):
            return trouble
        return self.bgp.not_ready()

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
                self._interfaces = interfaces
                self.is_dirty = True
                _log.info("interfaces", names=[each.name for each in self._interfaces])
            case SegmentKeysKnown() | ApiHeard() | Report() | WireDown():
                self._take_segments(event)
            case EngineUp() | EngineDown() | Applied() | SessionChanged() | SessionsSeen():
                self.is_dirty |= self.bgp.take(event)

    def leave(self) -> None:
        """Give all layer-2 addresses to other nodes, as this process is about to end."""
        self._state.segments.leave()
        self._give_orders()
        self._look_whether_left()

    def last_orders(self) -> Orders:
        """Say what the process on the wire is to do last."""
        return self._state.segments.orders(self._desired, self._interfaces or (), is_last=True)

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
        node = snapshot.nodes.get(self._settings.k8s_node)
        if node is not None:
            self._state.segments.set_wishes(node)
        self._desired = decide(
            snapshot,
            self._settings.k8s_node,
            self._interfaces,
            self._state.segments.owned,
            strangers=self._state.segments.strangers.keys(),
            routers=self._routers,
            ignore_exclude_label=self._settings.ignore_exclude_label,
            depreference_cordoned=self._settings.depreference_cordoned,
        )
        self._state.is_loaded = True
        self._give_orders()
        self.bgp.want(self._desired.bgp, self._picture.waiting_peers())
        self._report(snapshot)

    def _give_orders(self) -> None:
        if self._interfaces is not None:
            self._order(self._state.segments.orders(self._desired, self._interfaces))

    def _take_segments(self, event: SegmentKeysKnown | ApiHeard | Report | WireDown) -> None:
        segments = self._state.segments
        match event:
            case SegmentKeysKnown(keys):
                self.is_dirty |= segments.set_keys(keys)
            case ApiHeard(is_current):
                self.is_dirty |= segments.set_informed(is_informed=is_current)
                _log.info("API server is heard" if is_current else "API server is not heard; what is known goes on")
            case WireDown(reason):
                self.is_dirty |= segments.fail(reason)
            case Report():
                alive = segments.alive
                self.is_dirty |= segments.take(event, time()) or segments.alive != alive
                for each in event.held:
                    _log.info(
                        "address taken over" if each.term else "address given up",
                        address=str(ip_address(each.address)),
                        interface=each.interface,
                        **({"term": each.term} if each.term else {"why": each.why}),
                    )
                for complaint in event.complaints:
                    _log.warning("wire", complaint=complaint)
        self._look_whether_left()

    def _look_whether_left(self) -> None:
        if self._state.segments.has_left:
            self.has_left.set()

    def _report(self, snapshot: Snapshot) -> None:
        """Log and tell what is not as it was after the last decision."""
        outcomes = {key: self.bgp.effective(outcome) for key, outcome in self._desired.outcomes.items()}
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
            is_old = each.protocol == "bgp" and self.bgp.is_inherited
            if record is not None and not is_old:
                self._tell(record)
        for key in self._state.outcomes.keys() - outcomes.keys():
            _log.info("service gone", service=str(key))
        self._report_strangers(snapshot)
        self._show_layer2(layer2_status.services(self._settings.k8s_node, outcomes), self._state.segments.alive)
        self._state.outcomes = outcomes
        self._report_problems()
        self.bgp.reported(snapshot.config.peers)

    def _report_strangers(self, snapshot: Snapshot) -> None:
        """Log and tell of hosts outside the cluster that have an address of ours."""
        segments, node = self._state.segments, self._settings.k8s_node
        for address in segments.met:
            stranger = segments.strangers.get(address)
            if stranger is None:
                continue
            _log.warning(
                "address conflict",
                address=str(address),
                mac=mac_text(stranger.mac),
                interface=stranger.interface,
                is_defended=stranger.is_held,
            )
            for service in snapshot.services.values():
                if address in service.ingress:
                    self._tell(conflict_record(service, address, stranger, node))
        segments.met.clear()

    def _report_problems(self) -> None:
        refused = self.bgp.refused(self._desired.refused_peers)
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
        if speaker.is_dirty and perf_counter() >= rested_s:
            begun_s = thread_time()
            speaker.act()
            rested_s = perf_counter() + REST * (thread_time() - begun_s)
