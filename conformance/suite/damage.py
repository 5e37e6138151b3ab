"""What was done to the load balancer and its nodes, and when: typed readings of a history.

Pure.
"""

from dataclasses import dataclass
from typing import Final

from conformance.suite import seen
from conformance.suite.history import Event, History

SPLITTING: Final = frozenset({"split", "muted", "deafened"})
"""Faults by which nodes of one segment cannot hear each other, though both live; nobody can tell that from a death."""
CONDITIONS: Final = frozenset({"deaf-to-news"})
"""What is made so that a later fault shows, and nobody feels by itself."""
SHORT: Final = ("kill", "renew", "roll", "drain", "stop", "leases")
"""Faults that are done at once; what follows is up to Kubernetes."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One fault.

    Args:
        name: as in the history.
        nodes: that it hits; none if it hits all or is about no node.
        begin_ns: when it was asked for; it took effect then, or moments later.
        end_ns: when its undoing was asked for; None for what is not undone.
    """

    name: str
    nodes: tuple[str, ...]
    begin_ns: int
    end_ns: int | None

    @property
    def is_felt(self) -> bool:
        """Clients may notice it."""
        return self.name not in CONDITIONS

    @property
    def is_split(self) -> bool:
        """It keeps nodes that live from hearing each other."""
        return self.name in SPLITTING

    def concerns(self, t_ns: int, healing_s: float) -> bool:
        """Say whether a moment is between its beginning and some seconds after its end."""
        end_ns = t_ns if self.end_ns is None else self.end_ns + int(healing_s * seen.NS_PER_S)
        return self.begin_ns <= t_ns <= end_ns


def damages(history: History) -> tuple[Damage, ...]:
    """Return all faults, by their beginnings."""
    ends = {(e.data["id"], e.data["name"]): int(e.data["asked_ns"]) for e in history.of("fault", "mended")}
    made = [
        Damage(str(e.data["name"]), _nodes(e), int(e.data["asked_ns"]), ends.get((e.data["id"], e.data["name"])))
        for e in history.of("fault", "made")
    ]
    short = [
        Damage(kind, _nodes(e), int(e.data.get("asked_ns", e.t_ns)), None)
        for kind in SHORT
        for e in history.of("fault", kind)
    ]
    return tuple(sorted(made + short, key=lambda damage: damage.begin_ns))


def _nodes(event: Event) -> tuple[str, ...]:
    return tuple(str(event.data.get("node", "")).split())
