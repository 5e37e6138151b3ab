"""Judge of a spread by its kinds: flows of each protocol and family are shared evenly by the nodes that have a pod.

Source: RFC 2992 section 3; catalogue 4.3 (statistics, two-run rule).

Pure.
"""

from collections import defaultdict
from functools import partial
from ipaddress import ip_address

from conformance.suite import seen, statistics
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def each_kind_spread(kinds: int, runs: int = 2) -> Check:
    """Demand that each node with a pod gets the same share of the flows of each kind, as far as chance allows.

    Args:
        kinds: so many pairs of a protocol and a family there must be.
        runs: so many independent runs of each; a kind fails only when all of its exceed the critical value, or when
            a node gets less than half of its fair share in one.
    """
    rule = f"flows of each of {kinds} kinds are shared evenly by the nodes with a pod (alpha {statistics.ALPHA})"
    return Check("each-kind-spread", rule, partial(_each_kind_spread, kinds=kinds, runs=runs))


def _each_kind_spread(history: History, *, kinds: int, runs: int) -> Verdict:
    nodes = sorted(set(seen.pod_nodes(history).values()))
    made = seen.answers(history)
    by_kind: dict[str, list[dict[str, int]]] = defaultdict(list)
    for event in history.of("tcp", "plan"):
        kind = f"{event.data.get('protocol', 'tcp')} over IPv{ip_address(event.data['target']).version}"
        by_kind[kind].append(seen.hits(made.get(int(event.data["run"]), ()), nodes))
    few = [kind for kind, found in by_kind.items() if len(found) < runs]
    if len(nodes) < 2 or len(by_kind) < kinds or few:
        return unknown(f"pods on {len(nodes)} nodes; runs: { {kind: len(found) for kind, found in by_kind.items()} }")
    limit = statistics.critical(len(nodes))
    least, told = 0.0, []
    for kind, counted in sorted(by_kind.items()):
        for counts in counted:
            if strangers := set(counts) - set(nodes):
                return failed(f"{kind}: {', '.join(sorted(strangers)) or 'nobody known'} answered without a pod")
            if sum(counts.values()) < 0.9 * statistics.FLOWS_PER_NODE * len(nodes):
                return unknown(f"{kind}: {sum(counts.values())} flows were answered")
            if starved := statistics.starved(counts):
                return failed(f"{kind}: {', '.join(starved)} got less than half of a fair share", str(counts))
        values = [statistics.chi_square(counts) for counts in counted]
        if min(values) > limit:
            text = f"{kind}: chi-square {min(values):.2f} at the least, critical is {limit:.2f}"
            return failed(text, *map(str, counted))
        least = max(least, min(values))
        told.append(f"{kind}: {min(values):.2f}")
    best = Figure("greatest of the kinds' least chi-squares", least, at_most=limit)
    return passed(f"chi-square over {len(nodes)} nodes {', '.join(told)}, critical is {limit:.2f}").with_figures(best)
