"""Typed readings of a history in phases: what each phase took, and what was written meanwhile.

Pure.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from conformance.suite import seen
from conformance.suite.history import Event, History
from conformance.suite.spread import Spread, spread

CREATE, IDLE, GROW, RESTART, DELETE = "create", "idle", "grow", "restart", "delete"
"""Names of phases; restarts are numbered from 1, `restart-1`."""
OWN_KINDS: Final = (
    *("services", "services/status", "ipaddresspools", "ipaddresspools/status"),
    *("configurationstates", "configurationstates/status", "servicel2statuses", "servicel2statuses/status"),
    *("servicebgpstatuses", "servicebgpstatuses/status"),
)
"""What only a load balancer, or the suite, writes. Everybody writes Events; and Leases must be renewed."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a stage.

    Args:
        name: unique in the stage.
        begin_ns: its first moment.
        end_ns: its last.
        writes: {"VERB resource code": count} that the API server served in it, by its own count.
    """

    name: str
    begin_ns: int
    end_ns: int
    writes: Mapping[str, int]

    def holds(self, t_ns: int) -> bool:
        """Say whether a moment is in it."""
        return self.begin_ns <= t_ns <= self.end_ns

    def served(self, *resources: str, without: Iterable[str] = ()) -> dict[str, int]:
        """Return the successful writes to some resources, as in `writes`.

        Args:
            resources: `services`, `services/status`, …
            without: verbs to leave out, as the suite's own POST and DELETE of Services.
        """
        found = {}
        for key, count in self.writes.items():
            verb, resource, code = key.split()
            if resource in resources and verb not in without and code.startswith("2"):
                found[key] = count
        return found


def phases(history: History) -> dict[str, Phase]:
    """Return the phases that came to their end, by name, in order."""
    begun: dict[str, Event] = {}
    found: dict[str, Phase] = {}
    for event in history.of("suite", "phase"):
        name = str(event.data["name"])
        if event.data["edge"] == "begin":
            begun[name] = event
        else:
            writes: Counter[str] = Counter(event.data["served"])
            writes.subtract(begun[name].data["served"])
            found[name] = Phase(name, begun[name].t_ns, event.t_ns, {key: n for key, n in writes.items() if n})
    return found


def assigning(history: History, phase: Phase) -> Spread:
    """Say how long each Service created in a phase waited: from the API's answer to its address in the watch.

    The watch may be told before the writer is, by less than a scheduler's turn; such a sample is negative and stays so.
    """
    first = {name: state.t_ns for name, state in seen.assignments(history).items()}
    created = [write for write in seen.writes(history, "Service", "create") if phase.holds(write.t_ns)]
    return spread(seen.seconds(first[write.name], write.t_ns) if write.name in first else math.inf for write in created)


def creating(history: History, phase: Phase) -> Spread:
    """Say how long the API server took to answer each create of a phase."""
    created = [write for write in seen.writes(history, "Service", "create") if phase.holds(write.t_ns)]
    return spread(seen.seconds(write.t_ns, write.invoked_ns) for write in created)


def deleting(history: History, phase: Phase) -> Spread:
    """Say how long each Service deleted in a phase still existed after the API's answer; none is infinite when gone."""
    gone = {state.name: state.t_ns for state in seen.services(history) if state.is_deleted}
    deleted = [write for write in seen.writes(history, "Service", "delete") if phase.holds(write.t_ns)]
    return spread(seen.seconds(gone[write.name], write.t_ns) if write.name in gone else math.inf for write in deleted)


def changes(history: History, phase: Phase) -> Counter[str]:
    """Count, for each Service, how often the watch showed it changed in a phase; one that never did is not in it."""
    return Counter(
        str(event.data["object"]["metadata"]["name"])
        for event in history.of("kube", "service")
        if event.data["type"] == "MODIFIED" and phase.holds(event.t_ns)
    )


@dataclass(frozen=True, slots=True)
class Usage:
    """What one controller process used at one moment.

    Args:
        pod: its pod.
        rss_bytes: resident memory.
        peak_bytes: the most it had resident.
        cpu_s: processor time since it was started.
    """

    pod: str
    rss_bytes: int
    peak_bytes: int
    cpu_s: float


def usages(history: History, when: str) -> tuple[Usage, ...]:
    """Return what the controllers used at a moment that the drive named, the largest first."""
    found = [
        Usage(str(d["pod"]), int(d["rss_bytes"]), int(d["peak_bytes"]), float(d["cpu_s"]))
        for d in (event.data for event in history.of("node", "usage"))
        if d["when"] == when
    ]
    return tuple(sorted(found, key=lambda usage: -usage.rss_bytes))


@dataclass(frozen=True, slots=True)
class Restart:
    """One restart of every controller.

    Args:
        ready_s: from the start of each process to the watch showing its pod ready; one for each pod.
        writes: writes to Services meanwhile, by the API server's count.
        changes: Services that the watch showed changed meanwhile.
    """

    ready_s: tuple[float, ...]
    writes: int
    changes: int


def restarts(history: History) -> tuple[Restart, ...]:
    """Return the restarts that came to their end, in order."""
    begun = {str(e.data["pod"]): int(e.data["begin_ns"]) for e in history.of("node", "usage")}
    found: list[Restart] = []
    for phase in phases(history).values():
        if not phase.name.startswith(RESTART):
            continue
        ready = [event for event in history.of("kube", "ready") if phase.holds(event.t_ns)]
        took = (seen.seconds(e.t_ns, begun[e.data["pod"]]) for e in ready if e.data["pod"] in begun)
        written = sum(phase.served("services", "services/status").values())
        found.append(Restart(tuple(sorted(took)), written, changes(history, phase).total()))
    return tuple(found)


def took(history: History, phase: Phase) -> float:
    """Say how long creating took in all: from a phase's first request to the last address; infinite if one lacks."""
    first = {name: state.t_ns for name, state in seen.assignments(history).items()}
    created = [write for write in seen.writes(history, "Service", "create") if phase.holds(write.t_ns)]
    if not created:
        return math.nan
    if any(write.name not in first for write in created):
        return math.inf
    return seen.seconds(max(first[write.name] for write in created), min(write.invoked_ns for write in created))
