"""What happened in a case and when, as lanes to draw: who did what, answered, had the route; which requests failed.

It judges nothing and leaves nothing out that a check reads; what is too much to draw is counted and named.

Pure.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from conformance.suite import neighbor, seen, tables
from conformance.suite.facts import K8S_NODE, IPAddress, LabFacts
from conformance.suite.history import Event, History

BINS: Final = 400
"""Moments that a lane tells apart; what falls into one is drawn as one."""
LANES: Final = 12
"""Lanes that a group may have; more are counted, not drawn."""
TONES: Final = 6
"""Colours for k8s nodes."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a lane, or a moment where both ends are the same.

    Args:
        begin_s: since the case began.
        end_s: since the case began.
        tone: how it is coloured: n0 to n5 for a k8s node, ok, bad, warn, plain or stranger.
        text: what it says.
    """

    begin_s: float
    end_s: float
    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of the drawing.

    Args:
        label: what it is about.
        spans: by time.
    """

    label: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Lanes of one kind.

    Args:
        title: what they show.
        lanes: at most LANES.
        left_out: how many more there are.
    """

    title: str
    lanes: tuple[Lane, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Timeline:
    """One case's time.

    Args:
        seconds: how long it took.
        groups: those that have something to show.
        nodes: {k8s node: its tone}.
    """

    seconds: float
    groups: tuple[Group, ...]
    nodes: dict[str, str]


def timeline(history: History) -> Timeline:
    """Draw up the lanes of a case.

    Args:
        history: of the case; an empty one gives a timeline without groups.
    """
    if not history.events:
        return Timeline(0.0, (), {})
    lab = seen.facts(history)
    return _Drawing(history, lab).timeline()


@dataclass(frozen=True, slots=True)
class _Moment:
    t_ns: int
    tone: str
    text: str


class _Drawing:
    def __init__(self, history: History, lab: LabFacts | None) -> None:
        self.history = history
        self.lab = lab
        self.begin_ns = history.events[0].t_ns
        self.seconds = max(seen.seconds(history.end_ns, self.begin_ns), 0.001)
        names = sorted(node.name for node in lab.with_role(K8S_NODE)) if lab else []
        self.tones = {name: f"n{number % TONES}" for number, name in enumerate(names)}
        self.pods = seen.pod_nodes(history)

    def timeline(self) -> Timeline:
        groups = (
            self._group("What was done", self._deeds()),
            self._group("Addresses of the Services", self._addresses()),
            self._group("Who claimed the address, by ARP and NDP", self._claims()),
            self._group("BGP sessions, by router", self._sessions()),
            self._group("Routes in BGP, by router and node", self._routes()),
            self._group("Next hops in the FIB, by router", self._fibs()),
            self._group("Requests of the client", self._requests()),
            self._group("Which node answered", self._answers()),
        )
        return Timeline(self.seconds, tuple(group for group in groups if group.lanes), self.tones)

    @staticmethod
    def _group(title: str, lanes: Iterable[Lane]) -> Group:
        shown = [lane for lane in lanes if lane.spans]
        return Group(title, tuple(shown[:LANES]), max(0, len(shown) - LANES))

    def _s(self, t_ns: int) -> float:
        return seen.seconds(t_ns, self.begin_ns)

    def _of_node(self, name: str | None) -> str:
        return self.tones.get(name or "", "stranger")

    def _binned(self, moments: Iterable[_Moment]) -> tuple[Span, ...]:
        """Join moments of one tone and text that are too near to be told apart."""
        step_s = self.seconds / BINS
        spans: list[Span] = []
        counts: list[int] = []
        for moment in sorted(moments, key=lambda moment: moment.t_ns):
            at_s = self._s(moment.t_ns)
            last = spans[-1] if spans else None
            if last and (last.tone, last.text) == (moment.tone, moment.text) and at_s - last.end_s <= 2 * step_s:
                spans[-1] = Span(last.begin_s, at_s, last.tone, last.text)
                counts[-1] += 1
            else:
                spans.append(Span(at_s, at_s, moment.tone, moment.text))
                counts.append(1)
        return tuple(
            Span(span.begin_s, span.end_s, span.tone, f"{span.text} ({count} times)" if count > 1 else span.text)
            for span, count in zip(spans, counts, strict=True)
        )

    def _deeds(self) -> Iterator[Lane]:
        writes = [event for event in self.history.of("drive", "write") if event.data["phase"] != "invoke"]
        yield Lane("writes to the API", self._binned(_write(event) for event in writes))
        asked = self.history.of("ask", "sent")
        yield Lane(
            "who-has questions",
            self._binned(_Moment(e.t_ns, "plain", f"{e.data['form']} for {e.data['target']}") for e in asked),
        )
        faults = [event for event in self.history.events if event.source == "fault"]
        yield Lane("faults", self._binned(_Moment(e.t_ns, "warn", _fault(e)) for e in faults))
        phases = self.history.of("suite", "phase")
        begun = {str(e.data["name"]): e.t_ns for e in phases if e.data["edge"] == "begin"}
        ends = [(str(e.data["name"]), e.t_ns) for e in phases if e.data["edge"] == "end"]
        spans = [Span(self._s(begun[name]), self._s(t_ns), "plain", name) for name, t_ns in ends if name in begun]
        marks = [_Moment(e.t_ns, "plain", str(e.data["name"])) for e in self.history.of("suite", "mark")]
        yield Lane("phases and marks", (*spans, *self._binned(marks)))
        stopped = [_Moment(e.t_ns, "bad", str(e.data["reason"])) for e in self.history.of("suite", "stopped")]
        yield Lane("the drive stopped", self._binned(stopped))

    def _addresses(self) -> Iterator[Lane]:
        by_name: dict[str, list[seen.ServiceState]] = defaultdict(list)
        for state in seen.services(self.history):
            by_name[state.name].append(state)
        for name, states in by_name.items():
            yield Lane(name, self._steps([(state.t_ns, _shown(state)) for state in states], _address_tone))

    def _claims(self) -> Iterator[Lane]:
        found: dict[tuple[IPAddress, str], list[_Moment]] = defaultdict(list)
        wanted = {address for state in seen.services(self.history) for address in state.addresses}
        wanted |= {ip_address(event.data["target"]) for event in self.history.of("ask", "sent")}
        for claim in neighbor.every_claim(self.history):
            node = self.lab.node_of_mac(claim.mac) if self.lab else None
            if claim.address in wanted:
                text = f"{claim.address} is at {claim.mac}" + (f", {node}" if node else ", a stranger")
                found[claim.address, node or claim.mac].append(_Moment(claim.t_ns, self._of_node(node), text))
        for (address, who), moments in sorted(found.items(), key=lambda item: (int(item[0][0]), item[0][1])):
            yield Lane(f"{address} at {who}", self._binned(moments))

    def _sessions(self) -> Iterator[Lane]:
        for router in self.lab.peering_routers() if self.lab else ():
            assert self.lab
            peers = self.lab.peering(router)
            looks = seen.looks(self.history, "bgp_peers", router)
            for address, node in sorted(peers.items(), key=lambda item: item[1]):
                states = [(look.t_ns, tables.sessions(look.raw).get(address)) for look in looks]
                words = [(t_ns, session.state if session else "") for t_ns, session in states]
                yield Lane(
                    f"{router} and {node}",
                    self._steps(words, lambda word: "ok" if word == tables.ESTABLISHED else "warn"),
                )

    def _routes(self) -> Iterator[Lane]:
        for router in self.lab.peering_routers() if self.lab else ():
            assert self.lab
            peers = self.lab.peering(router)
            looks = seen.looks(self.history, "bgp_rib", router)
            held = [{(str(p.prefix), peers[p.peer]) for p in tables.paths(k.raw) if p.peer in peers} for k in looks]
            for prefix, node in sorted(set().union(*held)):
                steps = [
                    (look.t_ns, f"{prefix} by {node}" if (prefix, node) in have else "")
                    for look, have in zip(looks, held, strict=True)
                ]
                yield Lane(
                    f"{router}: {prefix} by {node}",
                    self._steps(steps, lambda _, node=node: self._of_node(node)),  # type: ignore[misc] # mypy cannot infer a lambda's default
                )

    def _fibs(self) -> Iterator[Lane]:
        addresses = sorted({a for state in seen.services(self.history) for a in state.addresses}, key=int)
        routers = sorted({str(event.data["router"]) for event in self.history.of("router", "fib")})
        for router in routers:
            held = [(look.t_ns, tables.fib(look.raw)) for look in seen.looks(self.history, "fib", router)]
            for address in addresses:
                key = tables.key(ip_network(address))
                steps = [(t_ns, _hops(table.get(key, ()))) for t_ns, table in held]
                yield Lane(f"{router}: {address}", self._steps(steps, lambda _: "ok"))

    def _requests(self) -> Iterator[Lane]:
        for source in ("request", "tcp"):
            by_run: dict[int, list[_Moment]] = defaultdict(list)
            for event in self.history.of(source, "answer"):
                tone, text = "ok" if event.data["ok"] else "bad", str(event.data["error"]) or "answered"
                by_run[event.data["run"]].append(_Moment(int(event.data["begin_ns"]), tone, text))
            for plan in self.history.of(source, "plan"):
                run, about = plan.data["run"], str(plan.data.get("about", ""))
                ends = [
                    f"{way} {plan.data[end]}" for way, end in (("from", "node"), ("to", "target")) if end in plan.data
                ]
                yield Lane(" ".join([about or f"run {run}", *ends]), self._binned(by_run[run]))

    def _answers(self) -> Iterator[Lane]:
        found: dict[str, list[_Moment]] = defaultdict(list)
        for source in ("request", "tcp"):
            for event in self.history.of(source, "answer"):
                node = self.pods.get(str(event.data.get("answer", "")))
                if event.data["ok"] and node:
                    found[node].append(_Moment(event.t_ns, self._of_node(node), f"answered by a pod on {node}"))
        for node, moments in sorted(found.items()):
            yield Lane(node, self._binned(moments))

    def _steps(self, steps: list[tuple[int, str]], tone: Callable[[str], str]) -> tuple[Span, ...]:
        """Turn what successive looks showed into stretches; "" is nothing to see."""
        later = [*steps[1:], (self.history.end_ns, "")]
        spans = [
            Span(self._s(t_ns), self._s(end_ns), tone(text), text)
            for (t_ns, text), (end_ns, _) in zip(steps, later, strict=False)
            if text
        ]
        return _joined(spans)


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join stretches that follow one another and say the same."""
    found: list[Span] = []
    for span in spans:
        last = found[-1] if found else None
        if last and (last.tone, last.text, last.end_s) == (span.tone, span.text, span.begin_s):
            found[-1] = Span(last.begin_s, span.end_s, span.tone, span.text)
        else:
            found.append(span)
    return tuple(found)


def _write(event: Event) -> _Moment:
    data = event.data
    text = f"{data['verb']} {data['object_kind']} {data['name']}"
    if data["phase"] == "fail":
        return _Moment(event.t_ns, "bad", f"{text}: refused")
    return _Moment(event.t_ns, "plain", text)


def _fault(event: Event) -> str:
    words = [str(event.data[key]) for key in ("role", "pod", "node", "name", "address") if event.data.get(key)]
    return " ".join([event.kind, *words])


_DELETED: Final = "deleted"
_NO_ADDRESS: Final = "no address"


def _shown(state: seen.ServiceState) -> str:
    if state.is_deleted:
        return _DELETED
    return ", ".join(map(str, state.addresses)) or _NO_ADDRESS


def _address_tone(shown: str) -> str:
    return {_DELETED: "gone", _NO_ADDRESS: "warn"}.get(shown, "ok")


def _hops(hops: tuple[tables.Hop, ...]) -> str:
    vias = sorted(str(hop.via) for hop in hops)
    return f"{len(vias)} next hop{'s' * (len(vias) > 1)}: {', '.join(vias)}" if vias else ""
