"""The judges of who advertises while things change, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NODES, Made, Row
from conformance.suite.checks import bgp_follow
from conformance.suite.checks.bgp_follow import WANTED
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, PREFIX = "10.100.0.1", "10.100.0.1/32"
VIP6, PREFIX6 = "fd00:10:100::1", "fd00:10:100::1/128"
TORS = ("tor1", "tor2")
Step = tuple[float, str, tuple[str, ...]]


def looked(
    made: Made, at_s: float, nodes: tuple[str, ...], *, prefix: str = PREFIX, routers: tuple[str, ...] = TORS
) -> Made:
    """Routers have the prefix from these nodes; the others have nothing."""
    made = made.at(at_s)
    for router in TORS:
        made = made.rib(router, *((prefix, node) for node in nodes if router in routers))
    return made


def told(*steps: Step, shown: tuple[str, ...] = (VIP,)) -> History:
    """Marks and looks in order: (seconds, mark, nodes seen); an empty mark is none."""
    made = Made().bgp().pool("10.100.0.0/24").at(1).shows("web", *shown)
    for at_s, mark, nodes in steps:
        if mark:
            made = made.at(at_s).add("suite", "mark", name=mark)
        made = looked(made, at_s + 0.01, nodes)
    return made.end()


ALL, ONE = f"{WANTED}k1,k2,k3", f"{WANTED}k1"
FOLLOWS = bgp_follow.follows(5, changes=2)
NEVER = bgp_follow.never_empty("changing", "changed")
BACK = bgp_follow.sessions_return(12)
AGGREGATE6 = bgp_follow.only_on(*TORS, prefix_length=124, over="ipv6")


def chosen(nodes: tuple[str, ...] = NODES, *, prefix: str = PREFIX, routers: tuple[str, ...] = ("tor1",)) -> History:
    """Look once."""
    made = Made().bgp().pool("10.100.0.0/24").at(1).shows("web", VIP)
    return looked(made, 3, nodes, prefix=prefix, routers=routers).end()


def twice(first: tuple[str, ...], last: tuple[str, ...]) -> History:
    """Look twice; these routers have the route from all nodes."""
    made = Made().bgp().at(1).shows("web", VIP)
    return looked(looked(made, 3, NODES, routers=first), 4, NODES, routers=last).end()


def beside(*paths: tuple[str, str]) -> Made:
    """The first router has the route from a node, and these, too."""
    return Made().bgp().at(1).shows("web", VIP).at(3).rib("tor1", (PREFIX, "k1"), *paths)


def two() -> Made:
    """Two Services have an address; the first router has both, the second neither."""
    return beside(("10.100.0.2/32", "k2")).shows("other", "10.100.0.2").rib("tor2")


def others() -> Made:
    """Both routers have routes to somewhere else, too."""
    return beside(("10.100.9.0/24", "k1")).rib("tor2", ("10.100.9.0/24", "k1"))


def by_the_spine() -> Made:
    """The second router has the route from the first one, by the spine."""
    path = {"valid": True, "peerId": "10.9.2.0", "path": "65000 65101 65200", "nexthops": [{"ip": "10.9.2.0"}]}
    return beside().add("router", "bgp_rib", router="tor2", asked_ns=0, raw={"routes": {PREFIX: [path]}})


def chosen6(*prefixes: str) -> History:
    """Look once at both routers, which have these prefixes from all nodes; a Service has an address of each family."""
    made = Made().bgp().at(1).shows("web", VIP, VIP6).at(3)
    for router in TORS:
        made = made.rib(router, *((prefix, node) for prefix in prefixes for node in NODES), over="ipv6")
    return made.end()


ROWS = (
    Row(
        "in time",
        FOLLOWS,
        told((2, ALL, NODES), (8, "seen", NODES), (10, ONE, NODES), (12, "", ("k1",)), (17, "", ("k1",))),
        PASS,
        "2.01",
    ),
    Row("late", FOLLOWS, told((2, ALL, NODES), (10, ONE, NODES), (17, "", ("k1",))), FAIL, "7.01"),
    Row("never", FOLLOWS, told((2, ALL, NODES), (10, ONE, NODES), (17, "", NODES)), FAIL, "k2"),
    Row("not for long", FOLLOWS, told((2, ALL, NODES), (10, ONE, ("k1",)), (17, "", NODES)), FAIL),
    Row("not watched", FOLLOWS, told((2, ALL, NODES), (10, ONE, NODES), (12, "", NODES)), UNKNOWN),
    Row("one change only", FOLLOWS, told((2, ALL, NODES)), UNKNOWN),
    Row("nobody wanted", FOLLOWS, told((2, ALL, NODES), (10, WANTED, ()), (17, "", ())), PASS),
    Row("always one", NEVER, told((2, "changing", NODES), (4, "", ("k1",)), (6, "changed", NODES)), PASS),
    Row("once none", NEVER, told((2, "changing", NODES), (4, "", ()), (6, "changed", NODES)), FAIL),
    Row("not looked at", NEVER, told((6, "changed", NODES)), UNKNOWN),
    Row("on one alone", bgp_follow.only_on("tor1"), chosen(), PASS),
    Row("on both", bgp_follow.only_on("tor1"), chosen(routers=TORS), FAIL, "tor2"),
    Row("on the other", bgp_follow.only_on("tor1"), chosen(routers=("tor2",)), FAIL, "tor1 has nothing"),
    Row("not looked at", bgp_follow.only_on("tor1"), Made().bgp().at(1).shows("web", VIP).end(), UNKNOWN),
    Row(
        "an aggregate",
        bgp_follow.only_on(*TORS, prefix_length=28),
        chosen(prefix="10.100.0.0/28", routers=TORS),
        PASS,
    ),
    Row("host routes", bgp_follow.only_on(*TORS, prefix_length=28), chosen(routers=TORS), FAIL, "/32"),
    Row("an aggregate of IPv6", AGGREGATE6, chosen6("fd00:10:100::/124"), PASS, "fd00:10:100::/124 on"),
    Row("host routes of IPv6", AGGREGATE6, chosen6(PREFIX6), FAIL, "/128"),
    Row("both of IPv6", AGGREGATE6, chosen6("fd00:10:100::/124", PREFIX6), FAIL, "/128"),
    Row("IPv6 not looked at", AGGREGATE6, chosen6(), UNKNOWN),
    Row("back", BACK, told((2, "down", ()), (5, "back", ()), (9, "", NODES), (20, "", NODES)), PASS, "4.0"),
    Row("back late", BACK, told((2, "down", ()), (5, "back", ()), (20, "", NODES)), FAIL, "15.0"),
    Row("not back", BACK, told((2, "down", ()), (5, "back", ()), (20, "", ("k1",))), FAIL, "k1"),
    Row("never away", BACK, told((2, "down", NODES), (5, "back", NODES), (20, "", NODES)), UNKNOWN),
    Row("not watched", BACK, told((2, "down", ()), (5, "back", ()), (9, "", ())), UNKNOWN),
    Row("no address", FOLLOWS, told((2, ALL, NODES), (10, ONE, NODES), shown=()), UNKNOWN, "0 addresses"),
    Row("no address", NEVER, told((2, "changing", NODES), (6, "changed", NODES), shown=()), UNKNOWN, "missing"),
    Row("no beginning", NEVER, told((2, "", NODES), (6, "changed", NODES)), UNKNOWN, "missing"),
    Row("nobody looked", NEVER, Made().bgp().shows("web", VIP).mark("changing").at(2).mark("changed").end(), UNKNOWN),
    Row("none before and after", NEVER, told((1, "", ()), (2, "changing", NODES), (6, "changed", ())), PASS, "2 looks"),
    Row("no address", bgp_follow.only_on("tor1"), looked(Made().bgp(), 3, ()).end(), UNKNOWN, "no Service"),
    Row("on one in the end", bgp_follow.only_on("tor1"), twice((), ("tor1",)), PASS),
    Row("on the other for a while", bgp_follow.only_on("tor1"), twice(TORS, ("tor1",)), FAIL, "for a while"),
    Row("gone in the end", bgp_follow.only_on("tor1"), twice(("tor1",), ()), FAIL, "tor1 has nothing"),
    Row("two addresses", bgp_follow.only_on("tor1"), two().end(), PASS, "10.100.0.1/32, 10.100.0.2/32"),
    Row("other routes beside it", bgp_follow.only_on("tor1"), others().end(), PASS),
    Row("on the other by the spine", bgp_follow.only_on("tor1"), by_the_spine().end(), PASS),
    Row("away for a moment", BACK, told((2, "down", ()), (3, "", NODES), (5, "back", NODES)), PASS, "0.0 s"),
    Row("never down", BACK, told((2, "", ()), (5, "back", NODES)), UNKNOWN, "no router was away"),
    Row("no address", BACK, told((2, "down", ()), (5, "back", ()), shown=()), UNKNOWN, "no Service"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_bgp_follow_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
