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


def told(config: str = GOOD, policy: int = 1, fields: int = 0x07) -> Made:
    """The routers tell their settings."""
    made = Made().bgp()
    for router in ("tor1", "tor2", "spine"):
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


THREE_TO_ONE, EQUAL = {"k1": 598, "k2": 202}, {"k1": 400, "k2": 400}
ROWS = (
    Row("by pods", ecmp.shared_by_pods(), weighted(THREE_TO_ONE, THREE_TO_ONE).end(), PASS),
    Row("one run off", ecmp.shared_by_pods(), weighted(THREE_TO_ONE, EQUAL).end(), PASS),
    Row("by nodes", ecmp.shared_by_pods(), weighted(EQUAL, EQUAL).end(), FAIL, "critical"),
    Row("a stranger", ecmp.shared_by_pods(), weighted({**THREE_TO_ONE, "k9": 5}, THREE_TO_ONE).end(), FAIL),
    Row("one run", ecmp.shared_by_pods(), weighted(THREE_TO_ONE).end(), UNKNOWN),
    Row("few flows", ecmp.shared_by_pods(), weighted({"k1": 6, "k2": 2}, {"k1": 6, "k2": 2}).end(), UNKNOWN),
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
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_ecmp_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
