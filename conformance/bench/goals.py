"""The goals of `make bench-controller`, each with its limit, and the figures of a stage that they are judged by.

Here and nowhere else is what must be reached. A goal whose figure was not measured is unknown, never met.
Source: design.md section 7; catalogue PERF-001, 002, 009, 010.

Pure.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from conformance.suite import phases
from conformance.suite.history import Event, History
from conformance.suite.observers.requests_served import EVENTS, EVENTS_GROUP
from conformance.suite.phases import Restart, Usage
from conformance.suite.spread import Spread
from conformance.suite.verdict import Verdict, failed, passed, unknown

MB: Final = 1_000_000
P99_S: Final = 1.0
P99_RATIO: Final = 0.1
WRITES_PER_SERVICE: Final = 1
MANY_BYTES: Final = 150 * MB
READY_S: Final = 5.0
FRESH, SMALL, LARGE = "fresh", "small", "large"
"""When memory is read: before the first Service, with all small-stage Services, with all of the large stage."""
_SUITE_OWN: Final = ("POST", "DELETE")
"""Verbs by which the suite writes Services itself."""
KUBERNETES: Final = frozenset({"kubelet", "kube-scheduler", "kube-controller-manager", "kube-apiserver", "kube-proxy"})
"""Field managers of components that write Events of their own accord, as on a probe that failed."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one stage measured.

    Args:
        name: of the stage.
        target: which implementation.
        version: of it.
        services: created at once.
        many: grown to.
        assigning: how long Services waited for their address, in the create phase.
        creating: how long the API server took to answer those creates.
        took_s: from the first create to the last address of that phase; not a number if one never came.
        changes_per_service: (fewest, most) changes that the watch showed of one Service in that phase.
        writes_per_service: successful writes to Services other than the suite's, by the API server's count.
        events_per_service: Events written in that phase, for each Service.
        idle_s: how long it was watched idle; 0 for not.
        idle_writes: {VERB resource code: writes} to Services, Events and its own kinds meanwhile; None if not watched.
        growing: as `assigning`, for the rest of the large stage; None if it did not grow.
        deleting: how long deleted Services still existed after the API's answer.
        usage: {moment: processes, the largest first}.
        restarts: of the controller, in order.
        host: {fact: value} about the machine when the stage began.
    """

    name: str
    target: str
    version: str
    services: int
    many: int
    assigning: Spread
    creating: Spread
    took_s: float
    changes_per_service: tuple[int, int]
    writes_per_service: float
    events_per_service: float
    idle_s: float
    idle_writes: Mapping[str, int] | None
    growing: Spread | None
    deleting: Spread
    usage: Mapping[str, tuple[Usage, ...]]
    restarts: tuple[Restart, ...]
    host: Mapping[str, float]

    def rss_bytes(self, when: str) -> int | None:
        """Return the resident memory of the largest controller process at a moment; None if it was not read."""
        found = self.usage.get(when)
        return found[0].rss_bytes if found else None


def figures(history: History) -> Figures | None:
    """Read a stage's history; None if the stage did not come to its end.

    Args:
        history: of one stage.
    """
    head, found = history.last("bench", "stage"), phases.phases(history)
    if head is None or not history.is_complete or not {phases.CREATE, phases.DELETE} <= found.keys():
        return None
    create, idle, grow = found[phases.CREATE], found.get(phases.IDLE), found.get(phases.GROW)
    services = int(head.data["services"])
    changed = phases.changes(history, create)
    counts = [*changed.values(), *([0] if len(changed) < services else [])]
    written = sum(create.served("services", "services/status", without=_SUITE_OWN).values())
    return Figures(
        name=str(head.data["name"]),
        target=str(head.data["target"]),
        version=str(head.data["version"]),
        services=services,
        many=int(head.data["many"]),
        assigning=phases.assigning(history, create),
        creating=phases.creating(history, create),
        took_s=phases.took(history, create),
        changes_per_service=(min(counts), max(counts)),
        writes_per_service=written / services,
        events_per_service=sum(create.served(*EVENTS).values()) / services,
        idle_s=(idle.end_ns - idle.begin_ns) / 1e9 if idle else 0.0,
        idle_writes=_idle_writes(history, idle) if idle else None,
        growing=phases.assigning(history, grow) if grow else None,
        deleting=phases.deleting(history, found[phases.DELETE]),
        usage={when: used for when in (FRESH, SMALL, LARGE) if (used := phases.usages(history, when))},
        restarts=phases.restarts(history),
        host=dict(head.data["host"]),
    )


def _idle_writes(history: History, idle: phases.Phase) -> dict[str, int]:
    """Count writes while idle, without Events of Kubernetes' own.

    Of those by events.k8s.io, client-go's recorder writes a series once more when it has ended, which changes nothing
    and shows in no watch. So they are left out as a whole where Kubernetes alone has used that API.
    """
    events = [event for event in history.of("bench", "event") if idle.holds(event.t_ns)]
    users = {str(event.data["manager"]) for event in (*events, *history.of("bench", "recorder")) if _is_modern(event)}
    theirs = Counter(
        str(event.data["verb"]) for event in events if event.data["manager"] in KUBERNETES and not _is_modern(event)
    )
    written = idle.served(*phases.OWN_KINDS, *(EVENTS[:1] if users <= KUBERNETES else EVENTS))
    left = {
        key: count - (theirs[verb] if resource == EVENTS[0] else 0)
        for key, count in written.items()
        for verb, resource, _ in [key.split()]
    }
    return {key: count for key, count in left.items() if count > 0}


def _is_modern(event: Event) -> bool:
    """Whether somebody writes Events by events.k8s.io; histories of earlier runs do not tell the two APIs apart."""
    return str(event.data.get("via", "")).startswith(EVENTS_GROUP)


@dataclass(frozen=True, slots=True)
class Measured:
    """All stages of a run.

    Args:
        subject: of the target the goals are for.
        baseline: of the one it is compared with.
    """

    subject: tuple[Figures, ...]
    baseline: tuple[Figures, ...]


def measured(found: Iterable[Figures], subject: str) -> Measured:
    """Sort stages by whose they are.

    Args:
        found: figures of stages.
        subject: name of the target that the goals are for.
    """
    every = tuple(found)
    return Measured(
        tuple(one for one in every if one.target == subject), tuple(one for one in every if one.target != subject)
    )


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal.

    Args:
        name: for the table.
        limit: in words.
        judge: pure function of what was measured.
    """

    name: str
    limit: str
    judge: Callable[[Measured], Verdict]


def _verdict(*, is_met: bool, reason: str) -> Verdict:
    return passed(reason) if is_met else failed(reason)


def _one_build(run: Measured) -> Verdict:
    builds = sorted({one.version for one in run.subject})
    if not builds:
        return unknown("nothing was measured")
    cure = "" if len(builds) == 1 else "; of two there is no one result, so measure with --fresh"
    return _verdict(is_met=not cure, reason=f"{', '.join(builds)}{cure}")


def _p99(run: Measured) -> Verdict:
    if not run.subject:
        return unknown("nothing was measured")
    slowest = max(one.assigning.at(99) for one in run.subject)
    return _verdict(is_met=slowest <= P99_S, reason=f"{slowest:.3f} s, the worse of {len(run.subject)} rounds")


def _ratio(run: Measured) -> Verdict:
    if not run.subject or not run.baseline:
        return unknown("there is nothing to compare with")
    ours, theirs = max(one.assigning.at(99) for one in run.subject), min(one.assigning.at(99) for one in run.baseline)
    return _verdict(is_met=ours <= P99_RATIO * theirs, reason=f"{ours:.3f} s to {theirs:.3f} s: {ours / theirs:.3f}")


def _one_write(run: Measured) -> Verdict:
    if not run.subject:
        return unknown("nothing was measured")
    fewest = min(one.changes_per_service[0] for one in run.subject)
    most = max(one.changes_per_service[1] for one in run.subject)
    served = max(one.writes_per_service for one in run.subject)
    reason = f"{fewest} to {most} changes in the watch, {served:.3f} writes by the API server's count"
    return _verdict(is_met=fewest == most == WRITES_PER_SERVICE == served, reason=reason)


def _idle(run: Measured) -> Verdict:
    watched = [one for one in run.subject if one.idle_writes is not None]
    if not watched:
        return unknown("it was not watched idle")
    writes = [f"{count} of {key}" for one in watched for key, count in (one.idle_writes or {}).items()]
    minutes = sum(one.idle_s for one in watched) / 60
    return _verdict(is_met=not writes, reason=f"{', '.join(writes) or 'none'} in {minutes:.1f} minutes")


def _memory(run: Measured) -> Verdict:
    ours = [rss for one in run.subject if (rss := one.rss_bytes(SMALL)) is not None]
    theirs = [rss for one in run.baseline if (rss := one.rss_bytes(SMALL)) is not None]
    if not ours or not theirs:
        return unknown("the memory of one of them was not read")
    return _verdict(is_met=max(ours) <= min(theirs), reason=f"{max(ours) / MB:.1f} MB to {min(theirs) / MB:.1f} MB")


def _large_memory(run: Measured) -> Verdict:
    grown = [one for one in run.subject if one.many and one.growing is not None]
    found = [rss for one in grown if (rss := one.rss_bytes(LARGE)) is not None]
    if not found:
        return unknown("it was not measured")
    came = min(one.assigning.came + one.growing.came for one in grown if one.growing is not None)
    wanted = max(one.many for one in grown)
    if came < wanted:
        return failed(f"only {came} of {wanted} Services had an address")
    return _verdict(is_met=max(found) <= MANY_BYTES, reason=f"{max(found) / MB:.1f} MB with {came} Services")


def _restart(run: Measured) -> Verdict:
    found = [restart for one in run.subject for restart in one.restarts]
    ready = [took for restart in found for took in restart.ready_s]
    if not ready or any(not restart.ready_s for restart in found):
        return unknown("no restart was measured")
    writes = sum(max(restart.writes, restart.changes) for restart in found)
    reason = f"{max(ready):.2f} s, the slowest of {len(ready)}, with {writes} writes to Services"
    return _verdict(is_met=max(ready) <= READY_S and writes == 0, reason=reason)


GOALS: Final = (
    Goal("builds of the subject", "1", _one_build),
    Goal("assignment, p99", f"≤ {P99_S:g} s", _p99),
    Goal("assignment, p99 beside the baseline's", f"≤ {P99_RATIO:g} of it", _ratio),
    Goal("writes per Service", f"{WRITES_PER_SERVICE}", _one_write),
    Goal("writes when idle", "0", _idle),
    Goal("resident memory, small stage", "≤ the baseline's", _memory),
    Goal("resident memory, large stage", f"≤ {MANY_BYTES // MB} MB", _large_memory),
    Goal("restart in the large stage", f"ready ≤ {READY_S:g} s, no write", _restart),
)
"""In the order of the table."""
