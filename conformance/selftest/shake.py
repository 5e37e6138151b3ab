"""Shakes a check: takes parts out of a hand-made history, cuts it off, puts a stranger's doings into it.

A check that crashes is UNKNOWN in a run (case.py), which hides that it did not expect what it met; and one that is
about a Service by its name must not take another one's fate for its own.

Pure.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from conformance.selftest.made import Row
from conformance.suite.history import Event, History
from conformance.suite.verdict import Outcome

GOLDEN: Final = Path(__file__).parent / "golden"
"""What the checks say of each table, as it was reviewed; `make golden` rewrites it."""
_CUTS: Final = 24
"""Places at which a history is cut off, evenly over its length."""
_RUN: Final = 999
BY_NAME: Final = (
    frozenset[str]()
    | {"all-nodes-used", "all-usable", "as-asked", "best-pool-first", "by-status-only", "capable"}
    | {"class-less", "completed", "condition-kept", "conflict-told", "downgraded", "established"}
    | {"evenly-spread", "explained", "fast", "flows-answered", "flows-survive", "hold-time", "identified"}
    | {"imports-nothing", "kept", "moved", "never-given", "never-half", "next-hops", "no-anycast"}
    | {"node-ports", "one-each", "one-of-each", "only-pool-prefixes", "probe-answered", "reachable"}
    | {"recovered", "refused", "restarted", "router-ready", "same-address", "sctp-served-or-said", "served"}
    | {"served-by-family", "silent-for-others", "sticky", "taken-away", "taken-off", "together"}
    | {"told-apart", "unavailable", "unharmed", "unicast-answered", "uninterrupted", "unreachable"}
    | {"untouched", "unwritten", "upgraded", "waits-for-the-controller", "well-formed"}
    | {"client-seen", "source-told", "echoed", "all-backends-used", "served-across", "back-in-time", "outlasts"}
)
"""Checks that are about Services by name: a stranger changes none of their verdicts."""


def less(history: History) -> Iterator[tuple[str, History]]:
    """Yield (what is gone, the rest): each kind of event in turn, everything after a moment, and everything."""
    kinds = dict.fromkeys((event.source, event.kind) for event in history.events)
    for source, kind in kinds:
        rest = tuple(event for event in history.events if (event.source, event.kind) != (source, kind))
        yield f"{source}/{kind}", History(rest)
    count = len(history.events)
    for length in sorted({count * part // _CUTS for part in range(_CUTS)}):
        yield f"all after {length} events", History(history.events[:length])


def with_a_stranger(history: History) -> History:
    """Return a history in which a Service of another name comes, changes, is refused, not reached, and goes."""
    events = list(history.events)
    facts = history.last("lab", "facts")
    address = "10.100.0.249" if facts and facts.data["name"] == "bgp" else "10.10.0.249"
    last = next((n for n, event in enumerate(events) if (event.source, event.kind) == ("suite", "end")), len(events))
    for at, made in ((last, _end()), (last // 2, _middle()), (min(1, last), _begin(address))):
        t_ns = events[max(0, at - 1)].t_ns
        events[at:at] = [Event(t_ns, source, kind, data) for source, kind, data in made]
    return History(tuple(events))


_Made = list[tuple[str, str, dict[str, Any]]]  # Any: JSON fields
_ABOUT: Final = {"object_kind": "Service", "name": "stranger", "namespace": ""}


def _wrote(verb: str, **spec: str) -> _Made:
    obj = {"kind": "Service", "metadata": {"name": "stranger"}, "spec": spec}
    written = {"phase": "ok", "verb": verb, **_ABOUT, **({} if verb == "delete" else {"object": obj})}
    return [("drive", "write", {"phase": "invoke", "verb": verb, **_ABOUT}), ("drive", "write", written)]


def _shown(change: str, *addresses: str) -> _Made:
    meta = {"name": "stranger", "uid": "stranger", "annotations": {"example.org/x": "y"}}
    status = {"loadBalancer": {"ingress": [{"ip": address} for address in addresses]}}
    return [("kube", "service", {"type": change, "object": {"metadata": meta, "spec": {}, "status": status}})]


def _begin(address: str) -> _Made:
    return [*_wrote("create", type="LoadBalancer"), *_shown("ADDED"), *_shown("MODIFIED", address)]


def _middle() -> _Made:
    plan = {"run": _RUN, "about": "stranger", "node": "near", "target": "10.10.0.249", "port": 80, "protocol": "tcp"}
    answer = {"run": _RUN, "number": 0, "begin_ns": 0, "ok": False, "answer": "", "error": "timeout"}
    return [
        *_wrote("patch", type="ClusterIP"),
        *_shown("MODIFIED"),
        ("request", "plan", plan),
        ("request", "answer", answer),
    ]


def _end() -> _Made:
    return [*_wrote("delete"), *_shown("DELETED")]


def shake(row: Row) -> None:
    """Judge all that is left of a row's history, whichever part is taken away, and with a stranger in it.

    Raises:
        AssertionError: the check crashed, passed on no evidence at all, or took a stranger for its own.
    """
    for gone, rest in less(row.history):
        try:
            verdict = row.check.judge(rest)
        except Exception as err:
            raise AssertionError(f"without {gone}, {row.check.name} crashes: {type(err).__name__}: {err}") from err
        assert verdict.reason, f"without {gone}, {row.check.name} says nothing"
        assert rest.events or verdict.outcome is Outcome.UNKNOWN, f"{row.check.name} judges an empty history: {verdict}"
    if row.check.name in BY_NAME:
        verdict = row.check.judge(with_a_stranger(row.history))
        assert verdict.outcome is row.outcome, f"with a stranger, {row.check.name} says {verdict}, wanted {row.outcome}"


def told(row: Row) -> list[str]:
    """Write down what a check says of a row: its answer in a line, and a line for each piece of evidence and figure."""
    verdict = row.check.judge(row.history)
    lines = [f"{row.id}: {line}" for line in (verdict.reason, *(f"- {each}" for each in verdict.evidence))]
    for figure in verdict.figures:
        least = "" if figure.at_least is None else f"{figure.at_least:g}"
        most = "" if figure.at_most is None else f"{figure.at_most:.3f}"
        lines.append(f"{row.id}: = {figure.name} {figure.value:.3f} {figure.unit} [{least}..{most}]")
    return lines


def reviewed(table: str) -> dict[str, list[str]]:
    """Read what was reviewed of a table: {row id: its lines}; a row that nobody has reviewed yet is not in it."""
    path = GOLDEN / f"{table}.txt"
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        found.setdefault(line.partition(": ")[0], []).append(line)
    return found
