"""Judges of equal-cost multipath: are all nodes installed, used, and used evenly; does a flow stay.

Source: RFC 2992 (hash-threshold), Linux `fib_multipath_hash_policy`; catalogue 4.3 (statistics) and ECMP.

Pure.
"""

from collections import Counter
from functools import partial
from ipaddress import ip_network

from conformance.suite import seen, statistics, tables
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

HASH_LAYER_4, HASH_CUSTOM = 1, 3
"""fib_multipath_hash_policy: the 5-tuple; the fields of fib_multipath_hash_fields (Linux ip-sysctl)."""
HASH_PORTS = 0x30
"""fib_multipath_hash_fields: source and destination port."""


def router_ready() -> Check:
    """Demand that the lab's routers can spread at all: enough paths, layer-4 hash, AS paths joined."""
    rule = "routers allow as many paths as nodes, hash on ports, and join paths of different AS"
    return Check("router-ready", rule, _router_ready)


def _router_ready(history: History) -> Verdict:
    lab, told = seen.facts(history), history.of("router", "settings")
    if lab is None or not told:
        return unknown("no router told its settings")
    wrong: list[str] = []
    for event in told:
        router = event.data["router"]
        maximum, relax, asns = tables.settings(event.data["config"])
        wanted = len(lab.eligible) if router in lab.peering_routers() else 2
        if maximum is not None and maximum < wanted:
            wrong.append(f"{router}: maximum-paths {maximum}, wanted {wanted}")
        if len(asns) > 1 and not relax:
            wrong.append(f"{router}: no bestpath as-path multipath-relax, peers are in AS {sorted(asns)}")
        policy, fields = int(event.data["hash_policy"]), int(event.data["hash_fields"])
        if policy != HASH_LAYER_4 and not (policy == HASH_CUSTOM and fields & HASH_PORTS == HASH_PORTS):
            wrong.append(
                f"{router}: fib_multipath_hash_policy {policy} (fields {fields:#x}), wanted 1, or 3 with ports"
            )
    return failed(wrong[0], *wrong) if wrong else passed(f"{len(told)} routers can spread by flow")


def installed() -> Check:
    """Demand that each router's FIB has exactly the eligible nodes as next hops, of equal weight."""
    return Check("installed", "the FIB's next hops are the eligible nodes, with equal weights", _installed)


def _installed(history: History) -> Verdict:
    lab = seen.facts(history)
    given = [ip_network(address) for address in seen.addresses(history)]
    if lab is None or not given or not lab.peering_routers():
        return unknown("no Service showed an address, or no router peers with a node")
    for router in lab.peering_routers():
        looks = seen.looks(history, "fib", router)
        if not looks:
            return unknown(f"{router}: nobody looked at its FIB")
        peers = lab.peering(router)
        for prefix in given:
            hops = tables.fib(looks[-1].raw).get(tables.key(prefix), ())
            via = [peers.get(hop.via, str(hop.via)) if hop.via else "no gateway" for hop in hops]
            if Counter(via) != Counter(lab.eligible):
                return failed(
                    f"{router}: {prefix} goes to {', '.join(sorted(via)) or 'nobody'}, wanted {', '.join(lab.eligible)}"
                )
            weights = {hop.weight for hop in hops}
            if len(weights) > 1 or not all(hop.is_active for hop in hops):
                return failed(f"{router}: the next hops of {prefix} are not equal", str(hops))
    return passed(f"{len(lab.eligible)} equal next hops on {', '.join(lab.peering_routers())}")


def flows_answered(at_least: int = 1) -> Check:
    """Demand that every flow got its answer.

    Args:
        at_least: fewer requests than this decide nothing.
    """
    return Check("flows-answered", "every request is answered", partial(_flows_answered, at_least=at_least))


def _flows_answered(history: History, *, at_least: int = 1) -> Verdict:
    found = [answer for run in seen.answers(history).values() for answer in run]
    if len(found) < at_least:
        return unknown(f"{len(found)} requests were made, wanted {at_least}")
    lost = [answer for answer in found if not answer.is_ok]
    if lost:
        why = Counter(answer.error for answer in lost).most_common(1)[0][0]
        return failed(f"{len(lost)} of {len(found)} requests failed ({why})", *map(str, lost))
    return passed(f"{len(found)} of {len(found)} requests answered")


def all_nodes_used() -> Check:
    """Demand that in each run each eligible node gets at least half of its fair share."""
    rule = f"every node gets at least {statistics.FLOOR:g} of its fair share of the flows"
    return Check("all-nodes-used", rule, _all_nodes_used)


def _all_nodes_used(history: History) -> Verdict:
    counted = _counts(history)
    if isinstance(counted, Verdict):
        return counted
    shares = [min(counts.values()) * len(counts) / sum(counts.values()) for counts in counted.values()]
    least = Figure("least part of a fair share", min(shares), at_least=statistics.FLOOR)
    for run, counts in counted.items():
        starved = statistics.starved(counts)
        if starved:
            text = f"run {run}: {', '.join(starved)} got less than half of a fair share"
            return failed(text, str(counts)).with_figures(least)
    return passed("; ".join(f"run {run}: {counts}" for run, counts in counted.items())).with_figures(least)


def evenly_spread(runs: int = 2) -> Check:
    """Demand that the spread over the nodes is what chance allows, by the two-run rule.

    Args:
        runs: that many independent runs must be there; it fails only when all of them exceed the critical value.
    """
    rule = f"chi-square of the flows per node is below critical (alpha {statistics.ALPHA}) in one of {runs} runs"
    return Check("evenly-spread", rule, partial(_evenly_spread, runs=runs))


def _evenly_spread(history: History, *, runs: int = 2) -> Verdict:
    counted = _counts(history)
    if isinstance(counted, Verdict):
        return counted
    if len(counted) < runs:
        return unknown(f"{len(counted)} runs, wanted {runs}")
    limit = statistics.critical(len(next(iter(counted.values()))))
    values = {run: statistics.chi_square(counts) for run, counts in counted.items()}
    text = ", ".join(f"run {run}: {value:.2f}" for run, value in values.items())
    best = Figure("least chi-square", min(values.values()), at_most=limit)
    if all(value > limit for value in values.values()):
        text = f"chi-square {text}, critical is {limit:.2f}"
        return failed(text, *map(str, counted.values())).with_figures(best)
    return passed(f"chi-square {text}, critical is {limit:.2f}").with_figures(best)


def shared_by_pods(runs: int = 2) -> Check:
    """Demand that each node's share of the flows is its share of the ready pods, as far as chance allows.

    Args:
        runs: that many independent runs must be there; it fails only when all of them exceed the critical value.
    """
    rule = f"the flows of each node are in proportion to its pods (alpha {statistics.ALPHA}, one of {runs} runs)"
    return Check("shared-by-pods", rule, partial(_shared_by_pods, runs=runs))


def _shared_by_pods(history: History, *, runs: int) -> Verdict:
    pods = Counter(seen.pod_nodes(history).values())
    made = seen.answers(history)
    if len(pods) < 2 or len(made) < runs:
        return unknown(f"{len(made)} runs, wanted {runs}; pods on {len(pods)} nodes")
    shares = {node: count / pods.total() for node, count in pods.items()}
    counted = {number: seen.hits(run, pods) for number, run in made.items()}
    for number, counts in counted.items():
        if sum(counts.values()) < statistics.FLOWS_PER_NODE * len(pods):
            return unknown(f"run {number}: {sum(counts.values())} flows were answered")
        if strangers := set(counts) - set(pods):
            return failed(f"run {number}: {', '.join(sorted(strangers))} answered without a pod")
    limit = statistics.critical(len(pods))
    values = {number: statistics.chi_square(counts, shares) for number, counts in counted.items()}
    text = ", ".join(f"run {number}: {value:.2f} of {counted[number]}" for number, value in values.items())
    if all(value > limit for value in values.values()):
        return failed(f"chi-square {text}, critical is {limit:.2f}; pods {dict(pods)}")
    return passed(f"chi-square {text}, critical is {limit:.2f}")


def shared_by_nodes(runs: int = 2) -> Check:
    """Demand that each node with pods gets the same share of the flows, as far as chance allows; tell the pods' shares.

    Args:
        runs: that many independent runs must be there; it fails only when all of them exceed the critical value.
    """
    rule = f"each node with a pod gets the same share of the flows (alpha {statistics.ALPHA}, one of {runs} runs)"
    return Check("shared-by-nodes", rule, partial(_shared_by_nodes, runs=runs))


def _shared_by_nodes(history: History, *, runs: int) -> Verdict:
    pods, made = Counter(seen.pod_nodes(history).values()), seen.answers(history)
    if len(pods) < 2 or len(made) < runs:
        return unknown(f"{len(made)} runs, wanted {runs}; pods on {len(pods)} nodes")
    counted = {number: seen.hits(run, pods) for number, run in made.items()}
    for number, counts in counted.items():
        if strangers := set(counts) - set(pods):
            return failed(f"run {number}: {', '.join(sorted(strangers))} answered without a pod")
        if sum(counts.values()) < 0.9 * statistics.FLOWS_PER_NODE * len(pods):
            return unknown(f"run {number}: {sum(counts.values())} flows were answered")
    limit = statistics.critical(len(pods))
    values = {number: statistics.chi_square(counts) for number, counts in counted.items()}
    text = ", ".join(f"run {number}: {value:.2f} of {counted[number]}" for number, value in values.items())
    best = Figure("least chi-square", min(values.values()), at_most=limit)
    if all(value > limit for value in values.values()):
        return failed(f"chi-square {text}, critical is {limit:.2f}; pods {dict(pods)}").with_figures(best)
    flows, total = Counter[str](), sum(sum(counts.values()) for counts in counted.values())
    for counts in counted.values():
        flows.update(counts)
    shares = ", ".join(f"{flows[node] / total / count:.1%} for a pod of {node}" for node, count in sorted(pods.items()))
    return passed(f"chi-square {text}, critical is {limit:.2f}; of all flows {shares}").with_figures(best)


def by_client(sources: int, flows: int) -> Check:
    """Demand that, where routers look at addresses alone, one client meets one node, and many clients all nodes.

    Args:
        sources: so many clients there must be in the second run.
        flows: so many of the one client in the first run.
    """
    rule = f"with a hash of addresses alone one client meets one node, and {sources} clients are spread over all"
    return Check("by-client", rule, partial(_by_client, sources=sources, flows=flows))


def _by_client(history: History, *, sources: int, flows: int) -> Verdict:
    lab, runs = seen.facts(history), list(seen.answers(history).values())
    if lab is None or len(runs) < 2:
        return unknown(f"{len(runs)} runs, wanted one of one client and one of many")
    homes: list[dict[str, set[str]]] = [{}, {}]
    for found, run in zip(homes, runs, strict=False):
        for answer in run:
            if answer.is_ok:
                found.setdefault(answer.client, set()).add(answer.node)
    one, many = homes
    answered = sum(answer.is_ok for answer in runs[0])
    if len(one) != 1 or answered < flows or len(many) < sources:
        return unknown(f"{answered} flows of {len(one)} clients, and {len(many)} clients after that")
    (nodes,) = one.values()
    if len(nodes) > 1:
        return failed(f"{answered} flows of one client met {', '.join(sorted(nodes))}")
    if torn := next((source for source, found in sorted(many.items()) if len(found) > 1), ""):
        return failed(f"client {torn} met {', '.join(sorted(many[torn]))}")
    counts = dict.fromkeys(lab.eligible, 0) | Counter(node for found in many.values() for node in found)
    if starved := statistics.starved(counts):
        return failed(f"{', '.join(starved)} got less than half of a fair share of {len(many)} clients", str(counts))
    return passed(f"{answered} flows of one client met {', '.join(nodes)}; {len(many)} clients: {counts}")


def repeatable(ports: int, times: int) -> Check:
    """Demand that a source port that is used again and again leads to the same node each time.

    Args:
        ports: fewer than this decide nothing.
        times: that each port is used.
    """
    rule = f"each of {ports} source ports leads to one node in {times} connections"
    return Check("repeatable", rule, partial(_repeatable, ports=ports, times=times))


def _repeatable(history: History, *, ports: int, times: int) -> Verdict:
    by_port: dict[int, list[seen.Answer]] = {}
    for answer in (answer for run in seen.answers(history).values() for answer in run):
        by_port.setdefault(answer.source_port, []).append(answer)
    if len(by_port) < ports:
        return unknown(f"{len(by_port)} source ports were used, wanted {ports}")
    nodes: Counter[str] = Counter()
    for port, found in sorted(by_port.items()):
        answered = [answer for answer in found if answer.is_ok]
        if len({answer.node for answer in answered}) > 1:
            return failed(f"port {port} led to {', '.join(sorted({answer.node for answer in answered}))}")
        if len(answered) < times:
            lost = next((answer.error for answer in found if not answer.is_ok), "not asked")
            return unknown(f"port {port} was answered {len(answered)} times, wanted {times} ({lost})")
        nodes[answered[0].node] += 1
    if len(nodes) < 2 or "" in nodes:
        return unknown(f"all ports led to {', '.join(nodes)}, so nothing was chosen between")
    return passed(f"{len(by_port)} ports, {times} connections each, none led elsewhere ({dict(sorted(nodes.items()))})")


def _counts(history: History) -> dict[int, dict[str, int]] | Verdict:
    """Count flows per node and run, or say why they decide nothing.

    An answer from a node that is not eligible counts under its own name and so breaks the fair shares.
    """
    lab = seen.facts(history)
    runs = seen.answers(history)
    if lab is None or not runs or len(lab.eligible) < 2:
        return unknown("no flow was sent, or there are fewer than two eligible nodes")
    need = statistics.FLOWS_PER_NODE * len(lab.eligible)
    counted: dict[int, dict[str, int]] = {}
    for number, run in runs.items():
        good = [answer for answer in run if answer.is_ok and answer.request == 0]
        if len(good) < need * 0.9:
            if len(run) >= need:
                return failed(f"run {number}: only {len(good)} of {len(run)} flows were answered")
            return unknown(f"run {number}: {len(good)} flows were answered, wanted {need}")
        if len({answer.source_port for answer in run}) < len({answer.flow for answer in run}):
            return unknown(f"run {number}: source ports were used twice")
        if any(not answer.node for answer in good):
            return unknown(f"run {number}: a pod answered that belongs to no known node")
        counted[number] = seen.hits(run, lab.eligible)
    return counted


def sticky(flows: int, requests: int) -> Check:
    """Demand that each flow stays on one node from its first to its last request.

    Args:
        flows: fewer than this decide nothing.
        requests: that each flow makes.
    """
    rule = f"each of {flows} connections stays on one node for {requests} requests"
    return Check("sticky", rule, partial(_sticky, flows=flows, requests=requests))


def _sticky(history: History, *, flows: int, requests: int) -> Verdict:
    runs = seen.answers(history)
    by_flow: dict[int, list[seen.Answer]] = {}
    for answer in next(iter(runs.values()), ()):
        by_flow.setdefault(answer.flow, []).append(answer)
    if len(by_flow) < flows:
        return unknown(f"{len(by_flow)} flows were sent, wanted {flows}")
    for flow, found in by_flow.items():
        broken = next((answer for answer in found if not answer.is_ok), None)
        if broken:
            return failed(f"flow {flow} broke at request {broken.request} ({broken.error})", str(broken))
        if len({answer.node for answer in found}) > 1 or "" in {answer.node for answer in found}:
            return failed(f"flow {flow} was answered by {sorted({answer.node for answer in found})}")
        if len(found) < requests:
            return unknown(f"flow {flow} made {len(found)} requests, wanted {requests}")
    spread = Counter(found[0].node for found in by_flow.values())
    return passed(f"{len(by_flow)} flows of {requests} requests, none moved ({dict(sorted(spread.items()))})")
