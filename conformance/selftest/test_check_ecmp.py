"""The judges of multipath, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NODES, Made, Row
from conformance.suite.checks import ecmp
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP = "10.100.0.1"
GOOD = """router bgp 65101
 bgp bestpath as-path multipath-relax
 neighbor a remote-as 65200
 neighbor b remote-as 65000
 maximum-paths 8
"""
EVEN, SKEWED, STARVED = (
    {"k1": 210, "k2": 195, "k3": 195},
    {"k1": 300, "k2": 150, "k3": 150},
    {"k1": 400, "k2": 190, "k3": 10},
)


def told(
    config: str = GOOD, policy: int = 1, fields: int = 0x07, routers: tuple[str, ...] = ("tor1", "tor2", "spine")
) -> Made:
    """The routers tell their settings."""
    made = Made().bgp()
    for router in routers:
        made = made.add("router", "settings", router=router, hash_policy=policy, hash_fields=fields, config=config)
    return made


def routed(nodes: tuple[str, ...] = NODES, weights: tuple[int, ...] = ()) -> Made:
    """Both routers' kernels have a route to the address."""
    made = Made().bgp().shows("web", VIP)
    return made.fib("tor1", VIP, nodes, weights).fib("tor2", VIP, nodes, weights)


def sent(*runs: dict[str, int]) -> Made:
    """Flows were sent, in runs."""
    made = Made().bgp().pods(*NODES)
    for number, run in enumerate(runs):
        made = made.flows(number, first_port=20000 + 1000 * number, **run)
    return made


def pair(k1: int, k2: int, *, lost: int = 0, requests: int = 1) -> Made:
    """Of two eligible nodes each answers so many flows, and so many get no answer."""
    made = Made().bgp("k1", "k2").pods("k1", "k2").flows(0, requests=requests, k1=k1, k2=k2)
    for number in range(lost):
        made = made.answer(0, 1000 + number, 30000 + number, 0, "k1", error="TimeoutError")
    return made


def on_one() -> Made:
    """All pods are on one node, which answers all flows."""
    return Made().bgp().pods("k1").flows(0, k1=4).flows(1, k1=4)


def alone() -> Made:
    """One run of one client."""
    made = Made().bgp().pods(*NODES)
    for flow in range(30):
        made = answered(made, 0, flow, "10.30.0.100", "k1")
    return made


def kept(flows: int = 10) -> Made:
    """Flows of five requests, all on their nodes."""
    return Made().bgp().pods(*NODES).flows(0, requests=5, k1=flows // 2, k2=flows - flows // 2)


def weighted(*runs: dict[str, int], pods: int = 3) -> Made:
    """Three pods on k1 (or so many) and one on k2, and runs of flows."""
    noted = {f"pod-{n}": {"node": "k1", "ready": True, "labels": {}} for n in range(pods)}
    noted |= {"pod-k1": noted.pop("pod-0"), "pod-k2": {"node": "k2", "ready": True, "labels": {}}}
    made = Made().bgp().add("kube", "pods", pods=noted)
    for number, counts in enumerate(runs):
        made = made.flows(number, first_port=20000 + 1000 * number, **counts)
    return made


def again(*, moves: bool = False, times: int = 4, nodes: tuple[str, ...] = ("k1", "k2"), lost: bool = False) -> Made:
    """Each of ten source ports is used some times; one port leads elsewhere once, or is lost once."""
    made = Made().bgp().pods(*NODES).add("tcp", "plan", run=0)
    for turn in range(times):
        for port in range(10):
            node = "k3" if moves and (turn, port) == (1, 7) else nodes[port % len(nodes)]
            error = "TimeoutError" if lost and (turn, port) == (1, 7) else ""
            made = made.answer(0, turn * 10 + port, 20000 + port, 0, node, error=error)
    return made


def clients(one: tuple[str, ...], many: dict[str, int], *, torn: bool = False) -> Made:
    """Flows of one client that meet these nodes in turn; then two of each of several clients: node=how many clients."""
    made = Made().bgp().pods(*NODES).add("tcp", "plan", run=0).add("tcp", "plan", run=1)
    for flow in range(30):
        made = answered(made, 0, flow, "10.30.0.100", one[flow % len(one)])
    flow = 0
    for node, count in many.items():
        for _ in range(count):
            for turn in range(2):
                at = "k2" if torn and flow == 1 else node
                made, flow = answered(made, 1, flow, f"10.30.1.{flow // 2}", at), flow + 1
                assert turn < 2
    return made


def answered(made: Made, run: int, flow: int, client: str, node: str) -> Made:
    """One answer to a client."""
    fields = {"run": run, "flow": flow, "client": client, "source_port": 30000 + flow, "request": 0, "begin_ns": 0}
    return made.add("tcp", "answer", **fields, ok=True, answer=f"pod-{node}", error="")


def crossed() -> Made:
    """A second client is in the first run."""
    return answered(clients(("k1",), {"k1": 3, "k2": 3, "k3": 3}), 0, 99, "10.30.0.101", "k1")


def strayed() -> Made:
    """One flow of the one client got no answer, though it reached another node."""
    made = clients(("k1",), {"k1": 3, "k2": 3, "k3": 3})
    fields = {"run": 0, "flow": 99, "client": "10.30.0.100", "source_port": 9, "request": 0, "begin_ns": 0}
    return made.add("tcp", "answer", **fields, ok=False, answer="pod-k3", error="ConnectionResetError")


TWO_PATHS = GOOD.replace("maximum-paths 8", "maximum-paths 2")
THREE_TO_ONE, EQUAL = {"k1": 598, "k2": 202}, {"k1": 400, "k2": 400}
ROWS = (
    Row("by pods", ecmp.shared_by_pods(), weighted(THREE_TO_ONE, THREE_TO_ONE).end(), PASS),
    Row("one run off", ecmp.shared_by_pods(), weighted(THREE_TO_ONE, EQUAL).end(), PASS),
    Row("by nodes", ecmp.shared_by_pods(), weighted(EQUAL, EQUAL).end(), FAIL, "critical"),
    Row("a stranger", ecmp.shared_by_pods(), weighted({**THREE_TO_ONE, "k9": 5}, THREE_TO_ONE).end(), FAIL),
    Row("one run", ecmp.shared_by_pods(), weighted(THREE_TO_ONE).end(), UNKNOWN),
    Row("few flows", ecmp.shared_by_pods(), weighted({"k1": 6, "k2": 2}, {"k1": 6, "k2": 2}).end(), UNKNOWN),
    Row("by nodes", ecmp.shared_by_nodes(), weighted(EQUAL, EQUAL).end(), PASS, "16.7% for a pod of k1"),
    Row("one run off", ecmp.shared_by_nodes(), weighted(EQUAL, THREE_TO_ONE).end(), PASS),
    Row("by pods", ecmp.shared_by_nodes(), weighted(THREE_TO_ONE, THREE_TO_ONE).end(), FAIL, "critical"),
    Row("a stranger", ecmp.shared_by_nodes(), weighted({**EQUAL, "k9": 5}, EQUAL).end(), FAIL, "without a pod"),
    Row("one run", ecmp.shared_by_nodes(), weighted(EQUAL).end(), UNKNOWN),
    Row("few flows", ecmp.shared_by_nodes(), weighted({"k1": 6, "k2": 6}, {"k1": 6, "k2": 6}).end(), UNKNOWN),
    Row("the same", ecmp.repeatable(10, 4), again().end(), PASS, "10 ports"),
    Row("one elsewhere", ecmp.repeatable(10, 4), again(moves=True).end(), FAIL, "port 20007"),
    Row("one lost", ecmp.repeatable(10, 4), again(lost=True).end(), UNKNOWN, "TimeoutError"),
    Row("seldom", ecmp.repeatable(10, 4), again(times=2).end(), UNKNOWN, "2 times"),
    Row("no choice", ecmp.repeatable(10, 4), again(nodes=("k1",)).end(), UNKNOWN, "k1"),
    Row("few ports", ecmp.repeatable(20, 4), again().end(), UNKNOWN, "10 source ports"),
    Row("by client", ecmp.by_client(9, 20), clients(("k2",), {"k1": 3, "k2": 3, "k3": 3}).end(), PASS, "9 clients"),
    Row("spread", ecmp.by_client(9, 20), clients(("k1", "k2"), {"k1": 3, "k2": 3, "k3": 3}).end(), FAIL, "met k1, k2"),
    Row(
        "torn", ecmp.by_client(9, 20), clients(("k1",), {"k1": 3, "k2": 3, "k3": 3}, torn=True).end(), FAIL, "10.30.1.0"
    ),
    Row("starved", ecmp.by_client(9, 20), clients(("k1",), {"k1": 5, "k2": 5}).end(), FAIL, "k3"),
    Row("few clients", ecmp.by_client(9, 20), clients(("k1",), {"k1": 1}).end(), UNKNOWN, "1 clients after"),
    Row("ready", ecmp.router_ready(), told().end(), PASS),
    Row(
        "one path only",
        ecmp.router_ready(),
        told(GOOD.replace("maximum-paths 8", "maximum-paths 1")).end(),
        FAIL,
        "maximum-paths",
    ),
    Row("no relax", ecmp.router_ready(), told(GOOD.replace("multipath-relax", "confed")).end(), FAIL, "relax"),
    Row("layer 3 hash", ecmp.router_ready(), told(policy=0).end(), FAIL, "hash_policy"),
    Row("custom hash with ports", ecmp.router_ready(), told(policy=3, fields=0x33).end(), PASS),
    Row("custom hash without ports", ecmp.router_ready(), told(policy=3, fields=0x07).end(), FAIL, "hash_policy"),
    Row("not told", ecmp.router_ready(), Made().bgp().end(), UNKNOWN),
    Row("all equal", ecmp.installed(), routed().end(), PASS),
    Row("one missing", ecmp.installed(), routed(("k1", "k2")).end(), FAIL, "k1, k2"),
    Row("one twice", ecmp.installed(), routed(("k1", "k2", "k3", "k3")).end(), FAIL),
    Row("unequal", ecmp.installed(), routed(weights=(1, 1, 3)).end(), FAIL, "not equal"),
    Row("not looked at", ecmp.installed(), Made().bgp().shows("web", VIP).end(), UNKNOWN),
    Row("all", ecmp.flows_answered(), sent(EVEN).end(), PASS),
    Row(
        "one lost",
        ecmp.flows_answered(),
        sent(EVEN).answer(0, 999, 9, 0, "k1", error="TimeoutError").end(),
        FAIL,
        "TimeoutError",
    ),
    Row("none sent", ecmp.flows_answered(), Made().bgp().end(), UNKNOWN),
    Row("even", ecmp.all_nodes_used(), sent(EVEN).end(), PASS),
    Row("one starved", ecmp.all_nodes_used(), sent(STARVED).end(), FAIL, "k3"),
    Row("one never", ecmp.all_nodes_used(), sent({"k1": 300, "k2": 300}).end(), FAIL),
    Row("too few flows", ecmp.all_nodes_used(), sent({"k1": 20, "k2": 20, "k3": 20}).end(), UNKNOWN),
    Row("unknown pod", ecmp.all_nodes_used(), sent(EVEN | {"who": 9}).end(), UNKNOWN),
    Row("even", ecmp.evenly_spread(), sent(EVEN, EVEN).end(), PASS),
    Row("skewed once", ecmp.evenly_spread(), sent(SKEWED, EVEN).end(), PASS),
    Row("skewed twice", ecmp.evenly_spread(), sent(SKEWED, SKEWED).end(), FAIL),
    Row("one run", ecmp.evenly_spread(), sent(EVEN).end(), UNKNOWN),
    Row(
        "ports used twice",
        ecmp.evenly_spread(),
        Made().bgp().pods(*NODES).flows(0, **EVEN).flows(0, **EVEN).end(),
        UNKNOWN,
    ),
    Row("stays", ecmp.sticky(10, 5), kept().end(), PASS),
    Row("moves", ecmp.sticky(10, 5), kept().answer(0, 0, 20000, 5, "k3").end(), FAIL, "k3"),
    Row("breaks", ecmp.sticky(10, 5), kept().answer(0, 0, 20000, 5, "k1", error="ConnectionResetError").end(), FAIL),
    Row("too few flows", ecmp.sticky(100, 5), kept().end(), UNKNOWN),
    Row("too few requests", ecmp.sticky(10, 50), kept().end(), UNKNOWN),
    Row("just enough flows", ecmp.shared_by_pods(1), weighted({"k1": 299, "k2": 101}).end(), PASS),
    Row("just too few flows", ecmp.shared_by_pods(1), weighted({"k1": 298, "k2": 101}).end(), UNKNOWN, "399 flows"),
    Row("pods on one node", ecmp.shared_by_pods(), on_one().end(), UNKNOWN, "on 1 nodes"),
    Row("just enough flows", ecmp.shared_by_nodes(1), weighted({"k1": 180, "k2": 180}).end(), PASS),
    Row("just too few flows", ecmp.shared_by_nodes(1), weighted({"k1": 180, "k2": 179}).end(), UNKNOWN, "359 flows"),
    Row("pods on one node", ecmp.shared_by_nodes(), on_one().end(), UNKNOWN, "on 1 nodes"),
    Row("an unknown pod", ecmp.repeatable(10, 4), again(nodes=("k1", "who")).end(), UNKNOWN, "nothing was chosen"),
    Row("one run", ecmp.by_client(9, 20), alone().end(), UNKNOWN, "1 runs"),
    Row("another client in the first run", ecmp.by_client(9, 20), crossed().end(), UNKNOWN, "2 clients"),
    Row("few flows", ecmp.by_client(9, 31), clients(("k1",), {"k1": 3, "k2": 3, "k3": 3}).end(), UNKNOWN, "30 flows"),
    Row("as few as may be", ecmp.by_client(9, 30), clients(("k1",), {"k1": 3, "k2": 3, "k3": 3}).end(), PASS),
    Row("one lost elsewhere", ecmp.by_client(9, 20), strayed().end(), PASS, "30 flows"),
    Row("two paths on the spine", ecmp.router_ready(), told(TWO_PATHS, routers=("spine",)).end(), PASS),
    Row("two paths on a leaf", ecmp.router_ready(), told(TWO_PATHS, routers=("tor1",)).end(), FAIL, "wanted 3"),
    Row("custom hash with one port", ecmp.router_ready(), told(policy=3, fields=0x17).end(), FAIL, "hash_policy"),
    Row("no address", ecmp.installed(), Made().bgp().fib("tor1", VIP, NODES).end(), UNKNOWN, "no Service"),
    Row("no router", ecmp.installed(), Made().unrouted().shows("web", VIP).end(), UNKNOWN, "no router"),
    Row("two eligible", ecmp.all_nodes_used(), pair(180, 180).end(), PASS),
    Row("just too few answered", ecmp.all_nodes_used(), pair(180, 179).end(), UNKNOWN, "359 flows"),
    Row("many lost", ecmp.all_nodes_used(), pair(180, 179, lost=41).end(), FAIL, "only 359 of 400"),
    Row("not quite as many lost", ecmp.all_nodes_used(), pair(180, 179, lost=40).end(), UNKNOWN, "359 flows"),
    Row("few flows of many requests", ecmp.all_nodes_used(), pair(90, 90, requests=2).end(), UNKNOWN, "180 flows"),
    Row("just half of a fair share", ecmp.all_nodes_used(), pair(300, 100).end(), PASS),
    Row("just less than half", ecmp.all_nodes_used(), pair(301, 99).end(), FAIL, "k2"),
    Row("one eligible", ecmp.all_nodes_used(), Made().bgp("k1").pods("k1").flows(0, k1=200).end(), UNKNOWN, "fewer"),
    Row("no facts", ecmp.all_nodes_used(), Made().pods("k1").flows(0, k1=200).end(), UNKNOWN, "no flow"),
    Row("an unknown pod", ecmp.sticky(10, 5), Made().bgp().pods("k1").flows(0, requests=5, k2=10).end(), FAIL),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_ecmp_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
