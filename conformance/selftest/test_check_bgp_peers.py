"""The judges of sessions, preferences and lost routers, on hand-made histories that pass, fail and decide nothing."""

from typing import Any

import pytest

from conformance.selftest.made import NODES, PEERING, Made, Row
from conformance.selftest.made_bgp import Talk, message
from conformance.suite.bgp_stream import Kind
from conformance.suite.checks import bgp_peers
from conformance.suite.checks.bgp_peers import LOST, PREFERRED
from conformance.suite.checks.bgp_peers import PEERING as SESSIONS
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, PREFIX = "10.100.0.1", "10.100.0.1/32"
TORS = ("tor1", "tor2")
TWO, OTHERS = ("k1", "k2"), ("k2", "k3")


def sessions(*steps: tuple[float, str, tuple[str, ...]]) -> History:
    """Marks and looks in order: (seconds, nodes wanted or "" for no mark, nodes with sessions)."""
    made = Made().bgp()
    for at_s, wanted, up in steps:
        made = made.at(at_s)
        if wanted:
            made = made.mark(f"{SESSIONS}{wanted}")
        for router in TORS:
            made = made.peers_seen(router, **{n: "Established" if n in up else "Active" for n in NODES})
    return made.end()


def rated(preferences: dict[str, int], used: tuple[str, ...], routers: tuple[str, ...] = TORS) -> History:
    """Routers have paths with these local preferences, and use some."""
    made = Made().bgp().pool("10.100.0.0/24").at(1).shows("web", VIP).at(2).mark(f"{PREFERRED}k2").at(3)
    for router in routers:
        entries: list[dict[str, Any]] = [
            {"peerId": PEERING[router, node], "locPrf": value, "path": "", "bestpath": node in used, "nexthops": []}
            for node, value in preferences.items()
        ]
        made = made.add("router", "bgp_rib", router=router, asked_ns=0, raw={"routes": {PREFIX: entries}})
    return made.end()


def talks(*, twice: str = "", missing: str = "", ends: str = "", for_s: float = 12.0, dropped: int = 0) -> History:
    """Every node and router exchange KEEPALIVEs from two seconds on; what is odd is named by the node."""
    talk = Talk(Made().bgp().opened().at(1)).at(2).mark("active")
    for number in range(3):
        for router in TORS:
            for node in NODES:
                if node == missing:
                    continue
                talk.at(2.5 + 3 * number).says(node, router, Kind.KEEPALIVE).says(
                    node, router, Kind.KEEPALIVE, reply=True
                )
                if node == twice:
                    talk.bytes(PEERING[router, node], "10.9.9.9", router, message(Kind.KEEPALIVE))
                if node == ends and number == 1:
                    talk.says(node, router, Kind.NOTIFICATION, b"\x06\x07")
    return talk.at(2 + for_s).mark("active-over").made.closed(dropped).end()


def lost(
    *,
    before: tuple[str, ...] = NODES,
    routes: tuple[str, ...] = NODES,
    up: tuple[str, ...] = NODES,
    until_s: float = 9.0,
) -> History:
    """Router tor1 is lost at three seconds; what tor2 has before and after that."""
    made = Made().bgp().pool("10.100.0.0/24").at(1).shows("web", VIP).at(2)
    made = made.rib("tor1", *((PREFIX, node) for node in NODES)).rib("tor2", *((PREFIX, node) for node in before))
    made = made.at(3).fault(LOST, node="tor1")
    for at_s in (3.5, until_s):
        made = made.at(at_s).rib("tor1").rib("tor2", *((PREFIX, node) for node in routes))
        made = made.peers_seen("tor2", **{n: "Established" if n in up else "Idle" for n in NODES})
    return made.end()


FOLLOW, PREFER = bgp_peers.sessions_follow(10, changes=2), bgp_peers.preferred(200)
ONE, ALIKE, OTHERS_KEEP = bgp_peers.one_session("active", "active-over"), bgp_peers.alike(), bgp_peers.others_keep_all()
DOUBLED = bgp_peers.one_session("doubled", "doubled-over")
HIGH = {"k1": 100, "k2": 200, "k3": 100}


def renamed(history: History) -> History:
    """The same with the other pair of marks."""
    made = Made()
    for event in history.events:
        name = str(event.data.get("name", "")).replace("active", "doubled")
        data = {**event.data, "name": name} if event.kind == "mark" else dict(event.data)
        made.events.append(type(event)(event.t_ns, event.source, event.kind, data))
    return made.cut()


ROWS = (
    Row(
        "in time",
        FOLLOW,
        sessions((1, "k1,k2", ()), (4, "", TWO), (12, "", TWO), (13, "k2,k3", TWO), (20, "", OTHERS), (25, "", OTHERS)),
        PASS,
        "7.0 s",
    ),
    Row("late", FOLLOW, sessions((1, "k1,k2", TWO), (13, "k2,k3", TWO), (26, "", OTHERS)), FAIL, "13.0 s"),
    Row("never", FOLLOW, sessions((1, "k1,k2", TWO), (13, "k2,k3", TWO), (26, "", TWO)), FAIL, "k1, k2, wanted k2, k3"),
    Row("not watched", FOLLOW, sessions((1, "k1,k2", TWO), (13, "k2,k3", TWO), (15, "", TWO)), UNKNOWN),
    Row("one change", FOLLOW, sessions((1, "k1,k2", TWO)), UNKNOWN),
    Row("preferred", PREFER, rated(HIGH, ("k2",)), PASS, "k2 is used"),
    Row("another used", PREFER, rated(HIGH, ("k1",)), FAIL, "uses k1"),
    Row("all used", PREFER, rated(dict.fromkeys(NODES, 100), NODES), FAIL, "k1 100"),
    Row("all high", PREFER, rated(dict.fromkeys(NODES, 200), ("k2",)), FAIL, "alone"),
    Row("no others", PREFER, rated({"k2": 200}, ("k2",)), FAIL, "no path"),
    Row("not looked at", PREFER, rated(HIGH, ("k2",), routers=("tor1",)), UNKNOWN, "tor2"),
    Row("one", ONE, talks(), PASS, "6 sessions"),
    Row("two", ONE, talks(twice="k1"), FAIL, "on 2 connections"),
    Row("none", ONE, talks(missing="k3"), FAIL, "on 0 connections"),
    Row("reset", ONE, talks(ends="k2"), FAIL, "opened or ended"),
    Row("too short", ONE, talks(for_s=4.0), UNKNOWN, "4.0 s only"),
    Row("frames lost", ONE, talks(dropped=2), UNKNOWN, "lost 2"),
    Row("one", DOUBLED, renamed(talks()), PASS),
    Row("two", DOUBLED, renamed(talks(twice="k1")), FAIL),
    Row("no marks", DOUBLED, talks(), UNKNOWN),
    Row("alike", ALIKE, lost(), PASS, "3 nodes"),
    Row("one route fewer", ALIKE, lost(before=TWO), FAIL, "k1, k2 only"),
    Row("none lost", ALIKE, Made().bgp().at(1).shows("web", VIP).end(), UNKNOWN),
    Row("kept", OTHERS_KEEP, lost(), PASS, "tor2 kept everything"),
    Row("a route lost", OTHERS_KEEP, lost(routes=TWO), FAIL, "k1, k2 only"),
    Row("all routes lost", OTHERS_KEEP, lost(routes=()), FAIL, "nobody only"),
    Row("a session lost", OTHERS_KEEP, lost(up=TWO), FAIL, "k3"),
    Row("not watched", OTHERS_KEEP, lost(until_s=4.0), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_bgp_peers_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
