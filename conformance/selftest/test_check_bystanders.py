"""What must not be taken for evidence: other Services, what was before, what is just inside or outside a bound.

Rows that the tables of the single groups leave open; `make mutants` names the places.
"""

import pytest

from conformance.selftest.made import NODES, PEERING, Made, Row
from conformance.suite.checks import api, bgp, ecmp, ipam
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, ROUTED = "10.10.0.200", "10.100.0.1"
TORS = ("tor1", "tor2")
UP = dict.fromkeys(NODES, "Established")
DOWN = dict.fromkeys(NODES, "Active")
IDS = {"k1": "1.1.1.1", "k2": "1.1.1.2", "k3": "1.1.1.3"}
CONFIG = """router bgp 65101
 bgp bestpath as-path multipath-relax
 neighbor a remote-as 65200
 neighbor b remote-as 65000
"""


def retyped(**spec: str) -> Made:
    """A Service with an address that is made a ClusterIP at ten seconds."""
    made = Made().created("web", type="LoadBalancer").at(1).shows("web", VIP).at(10)
    return made.wrote("patch", "Service", "web", type="ClusterIP", **spec)


def deleted_twice() -> Made:
    """Two Services with an address, deleted at two and at ten seconds."""
    made = Made().created("a", "b").shows("a", VIP).shows("b", "10.10.0.201").at(2).wrote("delete", "Service", "a")
    return made.at(2.5).shows("a", VIP, change="DELETED").at(10).wrote("delete", "Service", "b")


def peered(*moments: float) -> Made:
    """Peers are configured, one after the other."""
    made = Made().bgp()
    for moment in moments:
        made = made.at(moment).wrote("apply", "BGPPeer", f"peer-{moment}", myASN=65200, peerASN=65101)
    return made


def looked(made: Made, at_s: float, states: dict[str, str]) -> Made:
    """Both routers show their sessions."""
    made = made.at(at_s)
    for router in TORS:
        made = made.peers_seen(router, **states)
    return made


def detailed(made: Made, asn: int = 65200, ids: dict[str, str] | None = None) -> Made:
    """Both routers show their sessions in detail."""
    for router in TORS:
        made = made.neighbors(router, ids or IDS, asn)
    return made


def nobody_eligible() -> Made:
    """The bgp lab without a node that may announce."""
    made = Made().bgp()
    made.events[0].data["eligible"].clear()
    return made.wrote("apply", "BGPPeer", "p", myASN=65200, peerASN=65101)


def routes(made: Made, at_s: float, *nodes: str) -> Made:
    """Both routers have the address's route from some nodes."""
    made = made.at(at_s)
    for router in TORS:
        made = made.rib(router, *((f"{ROUTED}/32", node) for node in nodes))
    return made


def served() -> Made:
    """A Service of the bgp lab with an address at ten seconds."""
    return Made().bgp().pool("10.100.0.0/24").created("web").at(10).shows("web", ROUTED)


def told(config: str = CONFIG, **changed: int) -> Made:
    """One router tells its settings."""
    fields = {"hash_policy": 1, "hash_fields": 7} | changed
    return Made().bgp().add("router", "settings", router="tor1", config=config, **fields)


def fibs(*weights: int, dead: int = 0) -> Made:
    """Both routers' kernels have a route to the address, of which some next hops are dead."""
    made = Made().bgp().shows("web", ROUTED)
    for router in TORS:
        hops = [
            {"gateway": PEERING[router, node], "weight": weight, "flags": ["dead"] if number < dead else []}
            for number, (node, weight) in enumerate(zip(NODES, weights, strict=True))
        ]
        made = made.add("router", "fib", router=router, asked_ns=0, raw=[{"dst": ROUTED, "nexthops": hops}])
    return made


ROWS = (
    Row(
        "another was there long before",
        api.untouched("foreign", 5),
        Made().created("ours").at(10).created("foreign").service("foreign", "ADDED").at(11).told().watched().end(),
        UNKNOWN,
    ),
    Row(
        "null is as good as nothing",
        api.untouched("foreign", 5),
        Made()
        .created("foreign")
        .service("foreign", "ADDED")
        .service("foreign", loadBalancer={"ingress": None}, conditions=None)
        .at(9)
        .told()
        .watched()
        .end(),
        PASS,
    ),
    Row(
        "a condition before the watch",
        api.untouched("foreign", 5),
        Made().created("foreign").service("foreign", "ADDED", conditions=[{"type": "x"}]).at(9).told().watched().end(),
        FAIL,
        "before the watch",
    ),
    Row(
        "one never had an address",
        api.gone(5),
        Made()
        .created("a", "b")
        .shows("a", VIP)
        .at(2)
        .wrote("delete", "Service", "a")
        .wrote("delete", "Service", "b")
        .shows("a", VIP, change="DELETED")
        .shows("b", change="DELETED")
        .at(9)
        .end(),
        UNKNOWN,
    ),
    Row("the last one has time", api.gone(5), deleted_twice().at(12).end(), UNKNOWN),
    Row("half a second", api.gone(5), deleted_twice().at(10.5).shows("b", change="DELETED").end(), PASS, "0.500"),
    Row(
        "retyped before it had an address",
        api.emptied(5),
        Made().created("web").at(1).wrote("patch", "Service", "web", type="ClusterIP").at(2).shows("web", VIP).end(),
        UNKNOWN,
    ),
    Row(
        "empty, full and empty again",
        api.emptied(5),
        retyped().at(11).shows("web").at(12).shows("web", VIP).at(13).shows("web").at(20).end(),
        PASS,
        "3.000",
    ),
    Row(
        "twice full again",
        api.emptied(5),
        retyped()
        .at(11)
        .shows("web")
        .at(12)
        .shows("web", VIP)
        .at(12.5)
        .shows("web")
        .at(13)
        .shows("web", VIP)
        .at(14)
        .shows("web")
        .at(20)
        .end(),
        PASS,
        "4.000",
    ),
    Row(
        "another is made a load balancer",
        api.emptied(5),
        retyped().at(11).wrote("patch", "Service", "x", type="LoadBalancer").at(12).shows("web").at(20).end(),
        PASS,
    ),
    Row(
        "retyped once more",
        api.emptied(5),
        retyped().at(11).wrote("apply", "Service", "web", type="ClusterIP").at(12).shows("web").at(20).end(),
        PASS,
    ),
    Row(
        "deleted meanwhile",
        api.emptied(5),
        retyped().at(11).wrote("delete", "Service", "web", type="LoadBalancer").at(12).shows("web").at(20).end(),
        PASS,
    ),
    Row(
        "another has an address",
        api.emptied(5),
        retyped().at(12).shows("web").at(14).shows("x", VIP).at(20).end(),
        PASS,
    ),
    Row(
        "another was created long before",
        api.class_less("web", 5, 5),
        Made().declares().created("x").at(10).created("web").at(10.5).shows("web", VIP).end(),
        PASS,
        "0.500",
    ),
    Row(
        "it has a class",
        api.class_less("web", 5, 5),
        Made().declares().created("web", loadBalancerClass="x/y").shows("web", VIP).end(),
        UNKNOWN,
    ),
    Row("counted from the last peer", bgp.established(10), looked(peered(1, 5), 5.5, UP).end(), PASS, "0.5 s"),
    Row(
        "up before, and late after",
        bgp.established(10),
        looked(looked(peered(1).at(0.5), 0.5, UP), 13, UP).end(),
        FAIL,
        "12.0",
    ),
    Row("down to the end", bgp.established(10), looked(looked(peered(1), 2, DOWN), 14, DOWN).end(), FAIL, "13.0"),
    Row("nobody looked", bgp.established(10), peered(1).end(), UNKNOWN, "0.0 s"),
    Row(
        "at first another AS",
        bgp.identified(),
        detailed(detailed(peered(1), 65999)).end(),
        PASS,
        "3 router ids",
    ),
    Row("nobody is eligible", bgp.identified(), nobody_eligible().end(), UNKNOWN, "no session"),
    Row("peers but no look", bgp.identified(), Made().bgp().end(), UNKNOWN, "no peer"),
    Row(
        "route before the address, and late after",
        bgp.host_route(2),
        routes(routes(Made().bgp(), 1, *NODES).created("web").at(10).shows("web", ROUTED), 15, *NODES).end(),
        FAIL,
        "5.00",
    ),
    Row(
        "node by node",
        bgp.host_route(2),
        routes(routes(served(), 10.5, "k1"), 11, *NODES).end(),
        PASS,
        "1.00",
    ),
    Row(
        "from nobody",
        bgp.host_route(2),
        routes(routes(served(), 10.5, *NODES), 15).end(),
        FAIL,
        "nobody",
    ),
    Row("paths just enough", ecmp.router_ready(), told(f"{CONFIG} maximum-paths 3\n").end(), PASS),
    Row("paths not named", ecmp.router_ready(), told().end(), PASS),
    Row(
        "one AS needs no relax",
        ecmp.router_ready(),
        told("router bgp 65101\n neighbor a remote-as 65200\n maximum-paths 8\n").end(),
        PASS,
    ),
    Row("another hash with ports", ecmp.router_ready(), told(hash_policy=2, hash_fields=0x37).end(), FAIL, "policy 2"),
    Row("one next hop is dead", ecmp.installed(), fibs(1, 1, 1, dead=1).end(), FAIL, "not equal"),
    Row(
        "no route at first",
        ecmp.installed(),
        Made().bgp().shows("web", ROUTED).fib("tor1", "10.9.9.9", ("k1",)).end(),
        FAIL,
        "nobody",
    ),
    Row(
        "later than at first",
        ecmp.installed(),
        Made().bgp().shows("web", ROUTED).fib("tor1", ROUTED, ("k1",)).fib("tor2", ROUTED, NODES).end(),
        FAIL,
    ),
    Row(
        "whole in the end",
        ecmp.installed(),
        Made()
        .bgp()
        .shows("web", ROUTED)
        .fib("tor1", ROUTED, ("k1",))
        .fib("tor1", ROUTED, NODES)
        .fib("tor2", ROUTED, NODES)
        .end(),
        PASS,
    ),
    Row("just as many requests", ecmp.flows_answered(3), Made().bgp().pods(*NODES).flows(0, k1=3).end(), PASS),
    Row("one request", ecmp.flows_answered(), Made().bgp().pods(*NODES).flows(0, k1=1).end(), PASS),
    Row("just as many Services", ipam.assigned(5, at_least=1), Made().created("a").shows("a", VIP).end(), PASS),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_check_is_not_misled(row: Row) -> None:
    """What looks like evidence and is none changes no verdict."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
