"""Which nodes a router had the route of an address from, look after look.

Pure.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from conformance.suite import seen, tables
from conformance.suite.facts import IPNetwork, LabFacts, Over
from conformance.suite.history import History
from conformance.suite.verdict import Verdict, failed, unknown


@dataclass(frozen=True, slots=True)
class Route:
    """One prefix in one router's table.

    Args:
        looks: when it was looked at (ns), and the nodes it came from, in order.
    """

    router: str
    prefix: IPNetwork
    looks: tuple[tuple[int, frozenset[str]], ...]

    def settled_s(self, wanted: frozenset[str], begin_ns: int) -> float | None:
        """Say how long it took until it came from exactly the nodes wanted; None if it does not in the end."""
        right = next((t_ns for t_ns, nodes in self.looks if nodes == wanted), None)
        return seen.seconds(right, begin_ns) if right is not None and self.looks[-1][1] == wanted else None

    def unsettled(self, begin_ns: int, within_s: float, wish: str) -> Verdict:
        """Judge one that does not come from the nodes wanted in the end.

        Args:
            begin_ns: since when it should.
            within_s: who was watched for less is not judged, seconds.
            wish: follows where it comes from, in words.
        """
        watched_s = seen.seconds(self.looks[-1][0], begin_ns) if self.looks else 0.0
        if watched_s < within_s:
            return unknown(f"{self.router}: {self.prefix} was watched for {watched_s:.1f} s only")
        return failed(f"{self.router} has {self.prefix} from {names(self.looks[-1][1])}{wish}")


def names(nodes: Iterable[str]) -> str:
    """Name nodes in words."""
    return ", ".join(sorted(nodes)) or "nobody"


def routes(
    history: History, lab: LabFacts, prefixes: Iterable[IPNetwork], begin_ns: int, end_ns: int, *, over: Over = "ipv4"
) -> Iterator[Route]:
    """Read the routes of some prefixes on each router that peers with nodes, as looked at in a span of time.

    Args:
        history: where to look.
        lab: which lab.
        prefixes: of either family.
        begin_ns: begin of the span.
        end_ns: its end.
        over: what the sessions run over by which the routes come.
    """
    wanted = tuple(prefixes)
    for router in lab.peering_routers():
        for prefix in wanted:
            kind = tables.table("bgp_rib", prefix.version)
            looks = [look for look in seen.looks(history, kind, router) if begin_ns <= look.t_ns < end_ns]
            found = ((look.t_ns, seen.advertisers(look, prefix, lab.peering(router, over))) for look in looks)
            yield Route(router, prefix, tuple(found))
