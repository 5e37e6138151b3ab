"""The judges of BGP, on hand-made histories that pass, fail and decide nothing."""

from typing import Any

import pytest

from conformance.selftest.made import CAPABILITIES, NODES, PEERING, PEERINGS, Made, Row
from conformance.suite.checks import bgp
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, PREFIX = "10.100.0.1", "10.100.0.1/32"
VIP6, PREFIX6 = "fd00:10:100::1", "fd00:10:100::1/128"
TORS = ("tor1", "tor2")
UP = dict.fromkeys(NODES, "Established")
IDS = {"k1": "1.1.1.1", "k2": "1.1.1.2", "k3": "1.1.1.3"}


def configured() -> Made:
    """The bgp lab with a peer configured at one second."""
    return Made().bgp().at(1).wrote("apply", "BGPPeer", "tor1-k1", myASN=65200, peerASN=65101)


def sessions(at_s: float, **states: str) -> Made:
    """Both routers show the same sessions."""
    made = configured().at(at_s)
    for router in TORS:
        made = made.peers_seen(router, **(UP | states))
    return made


def refused(until_s: float = 20, **states: str) -> Made:
    """All sessions are up at first; between two marks both routers show none up, but for these."""
    made = sessions(1.5).at(2).mark("wrong").at(4)
    for router in TORS:
        made = made.peers_seen(router, **(dict.fromkeys(NODES, "Active") | states))
    return made.at(until_s).mark("right")


def sometimes_up() -> Made:
    """One session is up between two looks that show none."""
    made = refused().at(10)
    for router in TORS:
        made = made.peers_seen(router, k2="Established")
    return made


def detailed(**changed: str) -> Made:
    """Both routers show the sessions in detail."""
    made = configured().at(2)
    for router in TORS:
        made = made.neighbors(router, IDS | changed)
    return made


def opens(capabilities: bytes = CAPABILITIES, nodes: tuple[str, ...] = NODES) -> Made:
    """The first router's captures hold an OPEN of each node and its own."""
    made = configured().asked(VIP)
    for node in nodes:
        address = PEERING["tor1", node]
        router = address[:-1] + "0"
        made = made.open_message(address, router, 90, capabilities).open_message(router, address, 9)
    return made


def served() -> Made:
    """A Service that showed its address at one second."""
    return Made().bgp().pool("10.100.0.0/24").at(0.9).created("web").at(1).shows("web", VIP)


def routed(at_s: float, nodes: tuple[str, ...] = NODES, prefix: str = PREFIX, next_hop: str = "") -> Made:
    """Both routers have the prefix from the nodes."""
    made = served().at(at_s)
    for router in TORS:
        made = made.rib(router, *((prefix, node) for node in nodes), next_hop=next_hop)
    return made


def given_up(at_s: float = 3) -> Made:
    """Both routers have the route at two seconds; the Service is deleted at three."""
    return routed(2).at(at_s).shows("web", VIP, change="DELETED")


def after(made: Made, at_s: float, *nodes: str) -> Made:
    """Both routers are looked at, and have the route from these nodes."""
    made = made.at(at_s)
    for router in TORS:
        made = made.rib(router, *((PREFIX, node) for node in nodes))
    return made


def zebra(active: bool = True, empty: bool = False, made: Made | None = None) -> Made:
    """Both routers show their route to the address."""
    made = made or served().at(2)
    for router in TORS:
        hops = [{"ip": PEERING[router, node], "fib": active, "active": active} for node in NODES]
        raw = {} if empty else {PREFIX: [{"selected": True, "nexthops": hops}]}
        made = made.add("router", "zebra", router=router, asked_ns=0, raw=raw)
    return made


def filtered(*prefixes: str, kept: bool = True, nodes: tuple[str, ...] = NODES) -> Made:
    """Both routers have host routes from all nodes, and received these prefixes too before their filters."""
    made = routed(2)
    routes: dict[str, object] = {prefix: {} for prefix in (PREFIX, *prefixes)}
    raw: dict[str, object] = {"receivedRoutes": routes} if kept else {"warning": "not enabled"}
    for router in TORS:
        for node in nodes:
            made = made.add("router", "received", router=router, peer=PEERING[router, node], raw=raw)
    return made


def injected(
    after: list[dict[str, Any]], offered: tuple[int, int] = (100, 120), look_first: bool = True, look_again: bool = True
) -> Made:
    """Routes are offered to two nodes; the tables of all, which were empty at first, become `after`."""
    base = [{"dst": "10.1.1.0/31", "dev": "eth1", "protocol": "kernel"}]
    made = Made().bgp()
    for raw in ([], base) if look_first else ():
        for node in NODES:
            made = made.add("node", "fib", node=node, asked_ns=0, raw=raw)
    made = made.at(2).mark("injected")
    for node, count in zip(("k1", "k2"), offered, strict=True):
        routes: dict[str, object] = {f"198.18.{n}.0/24": {} for n in range(count)}
        raw_routes = {"advertisedRoutes": routes}
        made = made.add("router", "advertised", router="tor1", peer=PEERING["tor1", node], raw=raw_routes)
    for node in NODES if look_again else ():
        made = made.at(4).add("node", "fib", node=node, asked_ns=0, raw=base + after)
    return made


def served6(at_s: float, nodes: tuple[str, ...] = NODES, next_hop: str = "", over: str = "ipv6") -> Made:
    """A Service showed addresses of both families at one second; both routers have both from the nodes."""
    made = Made().bgp().pool("10.100.0.0/24", "fd00:10:100::/120").at(1).shows("web", VIP, VIP6).at(at_s)
    for router in TORS:
        for prefix in (PREFIX, PREFIX6):
            made = made.rib(router, *((prefix, node) for node in nodes), next_hop=next_hop, over=over)
    return made


def sessions6(at_s: float, over: str, **states: str) -> Made:
    """Both routers show the same sessions."""
    made = configured().at(at_s)
    for router in TORS:
        made = made.peers_seen(router, over, **(UP | states))
    return made


def zebra6(*, active: bool = True) -> Made:
    """Both routers show their routes to both addresses of a Service, with IPv6 next hops."""
    made = served6(1.5).at(2)
    for router in TORS:
        hops = [{"ip": PEERINGS["ipv6"][router, node], "fib": active, "active": active} for node in NODES]
        for kind, prefix in (("zebra", PREFIX), ("zebra6", PREFIX6)):
            raw = {prefix: [{"selected": True, "nexthops": hops if kind == "zebra6" else hops[:1]}]}
            made = made.add("router", kind, router=router, asked_ns=0, raw=raw)
    return made


def mixed() -> Made:
    """The first router has the node's path, one from beyond, and one to somewhere else by another next hop."""
    made = served().at(2)

    def path(peer: str, hop: str) -> dict[str, Any]:  # Any: as FRR prints it
        return {"valid": True, "peerId": peer, "path": "65200", "nexthops": [{"ip": hop, "used": True}]}

    own = PEERING["tor1", "k1"]
    routes = {"10.100.0.9/32": [path(own, "172.18.0.2")], PREFIX: [path("10.9.1.0", "172.18.0.2"), path(own, own)]}
    return made.add("router", "bgp_rib", router="tor1", asked_ns=0, raw={"routes": routes})


def beyond() -> Made:
    """Host routes from all nodes, and a default route from the spine."""
    raw: dict[str, object] = {"receivedRoutes": {"0.0.0.0/0": {}}}
    return filtered().add("router", "received", router="tor1", peer="10.9.1.0", raw=raw)


def late_route() -> Made:
    """No router has the route until its Service has given the address up."""
    return after(after(routed(2, ()).at(3).shows("web", VIP, change="DELETED"), 4, *NODES), 5)


NO_REFRESH = bytes.fromhex("01040001000141040000feb0")
ROWS = (
    Row("withdrawn", bgp.withdrawn(5, at_least=1), after(given_up(), 3.5).end(), PASS, "0.50 s"),
    Row("withdrawn bit by bit", bgp.withdrawn(5, at_least=1), after(after(given_up(), 4, "k1"), 5).end(), PASS),
    Row("withdrawn late", bgp.withdrawn(5, at_least=1), after(after(given_up(), 9, "k2"), 10).end(), FAIL, "6.00 s"),
    Row("route kept", bgp.withdrawn(5, at_least=1), after(given_up(), 12, "k1").end(), FAIL, "9.00 s"),
    Row("route comes back", bgp.withdrawn(5, at_least=1), after(after(given_up(), 4), 9, "k1").end(), FAIL),
    Row("watched too short", bgp.withdrawn(5, at_least=1), after(given_up(), 4, "k1").end(), UNKNOWN),
    Row("not looked at again", bgp.withdrawn(5, at_least=1), given_up().end(), UNKNOWN),
    Row("never advertised", bgp.withdrawn(5, at_least=1), after(routed(2, ()).at(3).shows("web"), 4).end(), UNKNOWN),
    Row(
        "kept for a while",
        bgp.withdrawn(5, at_least=1),
        after(after(after(given_up(), 4, "k1"), 9, "k1"), 10).end(),
        FAIL,
    ),
    Row(
        "goes, comes and goes",
        bgp.withdrawn(5, at_least=1),
        after(after(after(given_up(), 4), 4.5, "k1"), 5).end(),
        PASS,
        "2.00 s",
    ),
    Row(
        "gone before",
        bgp.withdrawn(5, at_least=1),
        after(after(routed(2), 2.5).at(3).shows("web"), 4).end(),
        PASS,
        "1.00 s",
    ),
    Row(
        "came late",
        bgp.withdrawn(5, at_least=1),
        after(after(after(served(), 1.5), 2, *NODES).at(3).shows("web"), 4).end(),
        PASS,
    ),
    Row("advertised afterwards", bgp.withdrawn(5, at_least=1), late_route().end(), UNKNOWN, "never had"),
    Row("no router", bgp.withdrawn(5, at_least=1), Made().unrouted().shows("web", VIP).shows("web").end(), UNKNOWN),
    Row("nothing given up", bgp.withdrawn(5, at_least=1), routed(2).end(), UNKNOWN),
    Row("in time", bgp.established(10), sessions(4).end(), PASS),
    Row(
        "late",
        bgp.established(10),
        sessions(2, k2="Active").at(14).peers_seen("tor1", **UP).peers_seen("tor2", **UP).end(),
        FAIL,
    ),
    Row("one never", bgp.established(10), sessions(14, k2="Active").end(), FAIL, "k2"),
    Row("one missing", bgp.established(10), configured().at(14).peers_seen("tor1", k1="Established").end(), FAIL),
    Row("not watched long enough", bgp.established(10), sessions(3, k2="Active").end(), UNKNOWN),
    Row("no router", bgp.established(10), Made().unrouted().wrote("apply", "BGPPeer", "p", myASN=1).end(), UNKNOWN),
    Row("no peer", bgp.established(10), Made().bgp().at(20).peers_seen("tor1", **UP).end(), UNKNOWN),
    Row("over IPv6", bgp.established(10, "ipv6"), sessions6(4, "ipv6").end(), PASS, "6 sessions"),
    Row("over IPv6, one never", bgp.established(10, "ipv6"), sessions6(14, "ipv6", k2="Active").end(), FAIL, "k2"),
    Row("IPv4 for IPv6", bgp.established(10, "ipv6"), sessions(14).end(), FAIL, "no session"),
    Row("by interface", bgp.established(10, "link-local"), sessions6(4, "link-local").end(), PASS, "6 sessions"),
    Row("down", bgp.stays_down("wrong", "right", 10), refused().end(), PASS, "6 looks"),
    Row("one up", bgp.stays_down("wrong", "right", 10), refused(k2="Established").end(), FAIL, "k2"),
    Row("one up for a while", bgp.stays_down("wrong", "right", 10), sometimes_up().end(), FAIL, "k2"),
    Row(
        "not looked at",
        bgp.stays_down("wrong", "right", 10),
        Made().bgp().mark("wrong").at(20).mark("right").end(),
        UNKNOWN,
    ),
    Row("no beginning", bgp.stays_down("wrong", "right", 10), sessions(4).at(20).mark("right").end(), UNKNOWN),
    Row("too short", bgp.stays_down("wrong", "right", 10), refused(until_s=9).end(), UNKNOWN),
    Row("no mark", bgp.stays_down("wrong", "right", 10), sessions(4).end(), UNKNOWN),
    Row("own ids", bgp.identified(), detailed().end(), PASS),
    Row("shared id", bgp.identified(), detailed(k2="1.1.1.1").end(), FAIL),
    Row("wrong AS", bgp.identified(), configured().neighbors("tor1", IDS, 65999).end(), FAIL, "65999"),
    Row("one down", bgp.identified(), configured().neighbors("tor1", IDS, down="k2").end(), UNKNOWN, "k2"),
    Row("not looked at", bgp.identified(), configured().end(), UNKNOWN),
    Row("all offered", bgp.capable(), opens().end(), PASS),
    Row("no route refresh", bgp.capable(), opens(NO_REFRESH).end(), FAIL, "route refresh"),
    Row("no OPEN", bgp.capable(), configured().end(), UNKNOWN),
    Row("one node's OPEN missing", bgp.capable(), opens(nodes=("k1", "k2")).end(), UNKNOWN, "k3"),
    Row("smaller one", bgp.hold_time_is_least(), opens().neighbors("tor1", IDS).neighbors("tor2", IDS).end(), PASS),
    Row("larger one", bgp.hold_time_is_least(), opens().neighbors("tor1", IDS, hold_ms=90000).end(), FAIL, "90 s"),
    Row("one down", bgp.hold_time_is_least(), opens().neighbors("tor1", IDS, down="k1").end(), PASS, "2 sessions"),
    Row(
        "in the end",
        bgp.hold_time_is_least(),
        opens().neighbors("tor1", IDS, hold_ms=90000).at(9).neighbors("tor1", IDS).end(),
        PASS,
    ),
    Row("not looked at", bgp.hold_time_is_least(), opens().end(), UNKNOWN, "both OPENs"),
    Row("no OPEN", bgp.hold_time_is_least(), configured().neighbors("tor1", IDS).end(), UNKNOWN),
    Row("all nodes", bgp.host_route(2), routed(1.5).end(), PASS),
    Row("late", bgp.host_route(2), routed(8).end(), FAIL, "wanted 2 s"),
    Row("one missing", bgp.host_route(2), routed(8, ("k1", "k2")).end(), FAIL, "k1, k2"),
    Row("lost again", bgp.host_route(2), routed(1.5).at(9).rib("tor1", (PREFIX, "k1")).rib("tor2").end(), FAIL),
    Row("a wider prefix only", bgp.host_route(2), routed(8, prefix="10.100.0.0/24").end(), FAIL, "nobody"),
    Row("not watched long enough", bgp.host_route(2), routed(1.5, ("k1",)).end(), UNKNOWN),
    Row("both families", bgp.host_route(2, "ipv6"), served6(1.5).end(), PASS, "2 host routes"),
    Row("both by interface", bgp.host_route(2, "link-local"), served6(1.5, over="link-local").end(), PASS),
    Row("by sessions of IPv4", bgp.host_route(2, "ipv6"), served6(8, over="ipv4").end(), FAIL, "nobody"),
    Row("IPv6 from two nodes", bgp.host_route(2, "ipv6"), served6(8, ("k1", "k2")).end(), FAIL, "k1, k2"),
    Row("no address", bgp.host_route(2), Made().bgp().end(), UNKNOWN),
    Row("own", bgp.next_hops(), routed(2).end(), PASS),
    Row("foreign", bgp.next_hops(), routed(2, next_hop="172.18.0.2").end(), FAIL, "172.18.0.2"),
    Row("own of IPv6", bgp.next_hops("ipv6"), served6(2).end(), PASS, "12 paths"),
    Row("foreign of IPv6", bgp.next_hops("ipv6"), served6(2, next_hop="fc00:f853::2").end(), FAIL, "fc00:f853::2"),
    Row("no router", bgp.host_route(2), Made().unrouted().shows("web", VIP).end(), UNKNOWN),
    Row("own in the end", bgp.next_hops(), after(routed(1.5, next_hop="172.18.0.2"), 2, *NODES).end(), PASS),
    Row("other paths", bgp.next_hops(), mixed().end(), PASS, "1 paths"),
    Row("no address", bgp.next_hops(), after(Made().bgp(), 2, *NODES).end(), UNKNOWN, "no Service"),
    Row("no path", bgp.next_hops(), served().end(), UNKNOWN),
    Row("all", bgp.usable(), zebra().end(), PASS),
    Row("all of both families", bgp.usable(), zebra6().end(), PASS, "8 next hops"),
    Row("inactive of both", bgp.usable(), zebra6(active=False).end(), FAIL),
    Row("IPv6 not looked at", bgp.usable(), served6(2).end(), UNKNOWN),
    Row("inactive", bgp.usable(), zebra(active=False).end(), FAIL),
    Row("no route", bgp.usable(), zebra(empty=True).end(), FAIL),
    Row("all in the end", bgp.usable(), zebra(made=zebra(empty=True)).end(), PASS),
    Row("no address", bgp.usable(), zebra(made=Made().bgp()).end(), UNKNOWN),
    Row("not looked at", bgp.usable(), served().end(), UNKNOWN),
    Row("host routes", bgp.only_pool_prefixes(), filtered().end(), PASS),
    Row("from beyond", bgp.only_pool_prefixes(), beyond().end(), PASS),
    Row("no pool", bgp.only_pool_prefixes(), after(Made().bgp(), 2, "k1").end(), UNKNOWN, "no pool"),
    Row("a filtered one", bgp.only_pool_prefixes(), filtered("10.244.1.0/24").end(), FAIL, "6 routes"),
    Row("filters hide", bgp.only_pool_prefixes(), routed(2).end(), UNKNOWN, "filters"),
    Row("filters hide one", bgp.only_pool_prefixes(), filtered(nodes=("k1", "k2")).end(), UNKNOWN, "k3"),
    Row("not kept", bgp.only_pool_prefixes(), filtered(kept=False).end(), UNKNOWN, "filters"),
    Row("a wider prefix", bgp.only_pool_prefixes(), routed(2, prefix="10.100.0.0/24").end(), FAIL),
    Row(
        "a pod network",
        bgp.only_pool_prefixes(),
        routed(2).rib("tor1", ("10.244.1.0/24", "k1")).end(),
        FAIL,
        "1 routes",
    ),
    Row("a node's host route", bgp.only_pool_prefixes(), routed(2).rib("tor1", ("172.18.0.2/32", "k1")).end(), FAIL),
    Row("no route at all", bgp.only_pool_prefixes(), served().end(), UNKNOWN),
    Row("unchanged", bgp.imports_nothing(100), injected([]).end(), PASS),
    Row("took one", bgp.imports_nothing(100), injected([{"dst": "198.18.1.0/24", "gateway": "10.1.1.0"}]).end(), FAIL),
    Row("a pod came", bgp.imports_nothing(100), injected([{"dst": "10.244.0.7", "dev": "veth1"}]).end(), PASS),
    Row(
        "a pod's link came",
        bgp.imports_nothing(100),
        injected([{"dst": "fe80::/64", "dev": "veth1", "protocol": "kernel"}]).end(),
        PASS,
    ),
    Row(
        "took one to a device",
        bgp.imports_nothing(100),
        injected([{"dst": "198.18.1.0/24", "dev": "eth1", "protocol": "bgp"}]).end(),
        FAIL,
    ),
    Row(
        "took a host route",
        bgp.imports_nothing(100),
        injected([{"dst": "192.0.2.7", "gateway": "10.1.1.0"}]).end(),
        FAIL,
    ),
    Row("too few offered", bgp.imports_nothing(100), injected([], offered=(3, 100)).end(), UNKNOWN, "3 routes"),
    Row("not looked at before", bgp.imports_nothing(100), injected([], look_first=False).end(), UNKNOWN),
    Row("not looked at after", bgp.imports_nothing(100), injected([], look_again=False).end(), UNKNOWN),
    Row("nothing injected", bgp.imports_nothing(100), Made().bgp().end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_bgp_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
