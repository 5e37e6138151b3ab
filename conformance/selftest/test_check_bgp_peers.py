"""The judges of sessions, preferences and lost routers, on hand-made histories that pass, fail and decide nothing."""

from typing import Any

import pytest

from conformance.selftest.made import NODES, NS, PEERING, START_S, Made, Row
from conformance.selftest.made_bgp import Talk, message, segment
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
    return chosen(Made().bgp().at(1).shows("web", VIP).at(2).mark(f"{PREFERRED}k2"), preferences, used, routers).end()


def chosen(
    made: Made, preferences: dict[str, int], used: tuple[str, ...], routers: tuple[str, ...] = TORS, spine: str = ""
) -> Made:
    """A second later routers have paths with these local preferences, and use some; to elsewhere they use all."""
    made = made.at(made.now_s + 1)
    for router in routers:
        entries: list[dict[str, Any]] = [
            {"peerId": PEERING[router, node], "locPrf": value, "path": "", "bestpath": node in used, "nexthops": []}
            for node, value in preferences.items()
        ]
        other = [{**entry, "locPrf": 100, "bestpath": True} for entry in entries]
        entries += [{**entries[0], "peerId": spine, "bestpath": True}] if spine else []
        routes = {PREFIX: entries, "10.100.9.9/32": other}
        made = made.add("router", "bgp_rib", router=router, asked_ns=0, raw={"routes": routes})
    return made


def preferring(*nodes: str, shown: tuple[str, ...] = (VIP,)) -> Made:
    """Each of these nodes in turn is preferred, and the routers follow a second later."""
    made = Made().bgp().at(1).shows("web", *shown)
    for node in nodes:
        made = chosen(made.mark(f"{PREFERRED}{node}"), dict.fromkeys(NODES, 100) | {node: 200}, (node,))
    return made


def watched(*pairs: tuple[float, tuple[str, ...]]) -> History:
    """Two changes, and sessions at these seconds after the second."""
    return sessions((1, "k1,k2", TWO), (13, "k2,k3", TWO), *((13 + after_s, "", up) for after_s, up in pairs))


def odd(*frames: tuple[float, bytes]) -> History:
    """Every node and router talk on one connection; tor1's capture holds these frames, too, at these seconds."""
    made = Made(list(talks().events[:-2]))
    for at_s, frame in frames:
        made = made.at(at_s).add("wire", "frame", observer="tor1", hex=frame.hex())
    return made.at(15).closed().end()


def talks(
    *,
    twice: str = "",
    missing: str = "",
    ends: str = "",
    kind: Kind = Kind.NOTIFICATION,
    reply: bool = False,
    for_s: float = 12.0,
    dropped: int = 0,
    eligible: tuple[str, ...] = NODES,
) -> History:
    """Every node and router exchange KEEPALIVEs from two seconds on; what is odd is named by the node."""
    talk = Talk(Made().bgp(*eligible).opened().at(1)).at(2).mark("active")
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
                    talk.says(node, router, kind, b"\x06\x07", reply=reply)
    return talk.at(2 + for_s).mark("active-over").made.closed(dropped).end()


def lost(
    *,
    before: tuple[str, ...] = NODES,
    routes: tuple[str, ...] = NODES,
    first: tuple[str, ...] = (),
    up: tuple[str, ...] = NODES,
    until_s: float = 9.0,
    node: str = "tor1",
    shown: tuple[str, ...] = (VIP,),
) -> History:
    """A router is lost at three seconds; what tor2 has before and after that, and whom it has sessions with."""
    made = Made().bgp().pool("10.100.0.0/24").at(1).shows("web", *shown).at(1.5).peers_seen("tor2")
    for at_s, nodes in ((1.5, first), (2, before)):
        made = made.at(at_s).rib("tor1", *((PREFIX, n) for n in NODES)).rib("tor2", *((PREFIX, n) for n in nodes))
    made = made.at(3).fault(LOST, node=node)
    for at_s in (3.5, until_s):
        made = made.at(at_s).rib("tor1").rib("tor2", *((PREFIX, n) for n in routes))
        made = made.peers_seen("tor2", **{n: "Established" if n in up else "Idle" for n in NODES})
    return made.end()


def silent_after(kind: str) -> History:
    """As `lost`, but nobody looks at this table after the loss."""
    events = [e for e in lost().events if e.kind != kind or e.t_ns < int((START_S + 3) * NS)]
    return Made(events).cut()


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


def followed() -> Made:
    """The routers use another node at first."""
    return chosen(chosen(preferring().mark(f"{PREFERRED}k2"), {**HIGH}, ("k1",)), {**HIGH}, ("k2",))


def from_the_spine() -> Made:
    """The routers have a path by the spine, too."""
    return chosen(preferring().mark(f"{PREFERRED}k2"), {**HIGH}, ("k2",), spine="10.9.1.0")


OTHER_TALK = segment(PEERING["tor1", "k1"], "10.9.9.9", 1, message(Kind.KEEPALIVE))
EMPTY = segment(PEERING["tor1", "k1"], "10.9.9.9", 1, b"")
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
    Row("just in time", FOLLOW, watched((9.9, OTHERS)), PASS, "9.9 s"),
    Row("just too late", FOLLOW, watched((10.1, OTHERS)), FAIL, "10.1 s"),
    Row("right and wrong again", FOLLOW, watched((1, OTHERS), (10, TWO)), FAIL, "k1, k2, wanted"),
    Row("not watched long enough", FOLLOW, watched((9.9, TWO)), UNKNOWN, "not watched"),
    Row("nobody looked", FOLLOW, Made().bgp().mark(f"{SESSIONS}k1").at(20).mark(f"{SESSIONS}k2").at(40).end(), UNKNOWN),
    Row("no router", bgp_peers.sessions_follow(10, changes=0), Made().unrouted().end(), UNKNOWN, "0 changes"),
    Row("one after the other", PREFER, preferring("k1", "k3").end(), PASS, "k3 is used"),
    Row("only at first", PREFER, preferring("k1").at(5).mark(f"{PREFERRED}k2").at(9).end(), UNKNOWN, "not looked at"),
    Row("another at first", PREFER, followed().end(), PASS, "k2 is used"),
    Row(
        "one from the spine",
        PREFER,
        chosen(preferring("k1"), {**HIGH}, ("k1",), spine="10.9.1.0").end(),
        FAIL,
        "k2 200",
    ),
    Row("the spine's, too", PREFER, from_the_spine().end(), PASS, "k2 is used"),
    Row("nobody", PREFER, preferring().end(), UNKNOWN, "nobody was"),
    Row("no address", PREFER, preferring("k1", shown=()).end(), UNKNOWN, "no Service"),
    Row("no router", PREFER, Made().unrouted().shows("web", VIP).mark(f"{PREFERRED}k2").end(), UNKNOWN, "nobody was"),
    Row("another one before", ONE, odd((1.5, OTHER_TALK)), PASS, "6 sessions"),
    Row("another one after", ONE, odd((14.5, OTHER_TALK)), PASS, "6 sessions"),
    Row("another one meanwhile", ONE, odd((5, OTHER_TALK)), FAIL, "on 2 connections"),
    Row("an empty segment of another", ONE, odd((5, EMPTY)), PASS, "6 sessions"),
    Row("other frames", ONE, odd((5, bytes(60))), PASS, "6 sessions"),
    Row("not of the eligible", ONE, talks(missing="k3", eligible=TWO), PASS, "4 sessions"),
    Row("opened anew", ONE, talks(ends="k2", kind=Kind.OPEN), FAIL, "opened or ended"),
    Row("reset by the router", ONE, talks(ends="k2", reply=True), FAIL, "session of k2 and tor1"),
    Row("updates", ONE, talks(ends="k2", kind=Kind.UPDATE), PASS, "6 sessions"),
    Row("long enough", ONE, talks(for_s=9.0), PASS, "in 9 s"),
    Row("alike in the end", ALIKE, lost(first=TWO), PASS),
    Row("alike at first only", ALIKE, lost(first=NODES, before=TWO), FAIL, "k1, k2 only"),
    Row("no address", ALIKE, lost(shown=()), UNKNOWN, "no Service"),
    Row("not looked at before", ALIKE, Made().bgp().shows("web", VIP).fault(LOST, node="tor1").at(9).end(), UNKNOWN),
    Row("no address", OTHERS_KEEP, lost(shown=()), UNKNOWN, "no Service"),
    Row("none lost", OTHERS_KEEP, Made().bgp().at(1).shows("web", VIP).at(9).end(), UNKNOWN, "no router was lost"),
    Row("all lost", OTHERS_KEEP, lost(node="tor1 tor2"), UNKNOWN, "all were lost"),
    Row("just long enough", OTHERS_KEEP, lost(until_s=7.1), PASS),
    Row("sessions not looked at", OTHERS_KEEP, silent_after("bgp_peers"), UNKNOWN, "not watched"),
    Row("routes not looked at", OTHERS_KEEP, silent_after("bgp_rib"), UNKNOWN, "routes were not looked at"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_bgp_peers_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
