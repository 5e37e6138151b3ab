"""The judges of BFD, on hand-made histories that pass, fail and decide nothing."""

from typing import Any

import pytest

from conformance.selftest.made import NODES, NS, PEERING, START_S, Made, Row
from conformance.suite.checks import bfd
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, PREFIX, OTHER = "10.100.0.1", "10.100.0.1/32", "10.100.0.2"
TORS = ("tor1", "tor2")
UP = dict.fromkeys(NODES, "Established")


def seen(made: Made, router: str, *, multihop: bool = False, slow: str = "", **states: str) -> Made:
    """Let a router show its BFD sessions: node=up|down|none; all up if none is named; a slow node sends seldom."""
    raw: list[dict[str, Any]] = [
        {
            "peer": PEERING[router, node],
            "status": state,
            "multihop": multihop,
            "receive-interval": 300,
            "remote-transmit-interval": 500 if node == slow else 300,
            "remote-detect-multiplier": 3,
        }
        for node, state in (dict.fromkeys(NODES, "up") | states).items()
        if state != "none"
    ]
    return made.add("router", "bfd", router=router, asked_ns=0, raw=raw)


def profiled(made: Made, interval_ms: int = 300) -> Made:
    """Configure the profile."""
    times = {"receiveInterval": interval_ms, "transmitInterval": interval_ms}
    return made.wrote("apply", "BFDProfile", "lab", **times, detectMultiplier=3)


def looked(made: Made, at_s: float, **options: Any) -> Made:
    """Both routers show their BFD sessions."""
    made = made.at(at_s)
    for router in TORS:
        made = seen(made, router, **options)
    return made


def bgp_shown(made: Made, at_s: float, states: dict[str, str]) -> Made:
    """Both routers show their BGP sessions."""
    made = made.at(at_s)
    for router in TORS:
        made = made.peers_seen(router, **states)
    return made


def established(*eligible: str) -> Made:
    """The profile is configured, and BGP is up at two seconds."""
    return bgp_shown(profiled(Made().bgp(*eligible)), 2, UP)


def came_up(at_s: float, **options: Any) -> History:
    """BGP is up at two seconds, and BFD is looked at."""
    return looked(established(), at_s, **options).end()


def bgp_slow() -> Made:
    """BGP has one session under way at one second, and is up at eight."""
    return bgp_shown(bgp_shown(profiled(Made().bgp()), 1, {"k1": "Active"}), 8, UP)


def shown(made: Made, at_s: float, states: dict[str, str], nodes: tuple[str, ...]) -> Made:
    """The first router shows its sessions, and these nodes' routes."""
    return made.at(at_s).peers_seen("tor1", **(UP | states)).rib("tor1", *((PREFIX, node) for node in nodes))


def all_down(made: Made) -> Made:
    """The first router shows all its BFD sessions down."""
    return seen(made, "tor1", k1="down", k2="down", k3="down")


def cut(
    *steps: tuple[float, dict[str, str], tuple[str, ...]],
    made: Made | None = None,
    is_served: bool = True,
    slow: str = "",
    k2: str = "up",
) -> History:
    """BFD of tor1 is up at two seconds and cut at ten; steps are (seconds, sessions, nodes with a route)."""
    made = made or Made().bgp()
    made = seen(made.at(1).shows("web", *[VIP] * is_served).at(2), "tor1", slow=slow, k2=k2)
    made = made.at(3).add("fault", "router", router="tor1", what="configured", commands=[])
    made = made.at(10).add("fault", "router", router="tor1", what="bfd-cut", asked_ns=int((START_S + 10) * NS))
    for at_s, states, nodes in steps:
        made = shown(made, at_s, states, nodes)
    return all_down(made).end()


def jittered(
    *, downs: int = 0, state: str = "up", bgp: str = "Established", lost: int = 3, for_s: float = 60, told: bool = True
) -> History:
    """BFD of tor1 is jittered from ten seconds on."""
    made = Made().bgp().at(9)
    for node in NODES:
        made = made.add("bfd", "jittering", node=node)
    counters = [{"peer": PEERING["tor1", node], "session-down": 1} for node in NODES]
    made = made.at(10).fault("bfd-jittered", node="tor1")
    made = made.add("router", "bfd_counters", router="tor1", asked_ns=0, raw=counters).mark("jittered")
    made = seen(made.at(11), "tor1").peers_seen("tor1", **UP)
    made = seen(made.at(30), "tor1", k2=state).peers_seen("tor1", **(UP | {"k2": bgp}))
    counters = [{"peer": PEERING["tor1", node], "session-down": 1 + downs} for node in NODES]
    made = made.at(10 + for_s).mark("calm").add("router", "bfd_counters", router="tor1", asked_ns=0, raw=counters)
    for node in NODES if told else ():
        made = made.add("bfd", "jittered", node=node, sent=200, lost=lost, mean_ms=50.0)
    return made.end()


def without(history: History, source: str, kind: str, *, but: int = 0) -> History:
    """The same without these events, or with the first few of them."""
    gone = [event for event in history.events if (event.source, event.kind) == (source, kind)][but:]
    return Made([event for event in history.events if event not in gone]).cut()


def shut(
    *,
    bfd_before: str = "up",
    bfd_during: str = "down",
    bgp: str = "Established",
    routes: bool = True,
    shown: tuple[str, ...] = (VIP,),
    begin: str = "admin-down",
    eligible: tuple[str, ...] = NODES,
) -> History:
    """BFD of tor1 is taken down at ten seconds."""
    made = Made().bgp(*eligible).pool("10.100.0.0/24").at(1).shows("web", *shown).at(2)
    made = seen(made, "tor1", k2=bfd_before).at(10).mark(begin)
    made = made.add("fault", "router", router="tor1", what="configured", commands=[])
    for at_s in (12, 19):
        made = seen(made.at(at_s), "tor1", k1=bfd_during, k2=bfd_during, k3=bfd_during)
        made = made.peers_seen("tor1", **(UP | {"k3": bgp}))
        made = made.rib("tor1", *((PREFIX, node) for node in (NODES if routes else NODES[:2])))
    return made.at(20).mark("admin-up").end()


CALM, ADMIN = bfd.no_false_alarm(60), bfd.outlives_admin_down(8)
DOWN = dict.fromkeys(NODES, "Idle")
ROWS = (
    Row("in time", bfd.up(5), came_up(3), PASS, "6 sessions"),
    Row("at once", bfd.up(5), came_up(2), PASS, "slowest 0.0 s"),
    Row("late", bfd.up(5), came_up(9), FAIL, "7.0 s"),
    Row("after a slow BGP", bfd.up(5), looked(bgp_slow(), 9).end(), PASS, "slowest 1.0 s"),
    Row("up before BGP only", bfd.up(5), looked(looked(looked(bgp_slow(), 1), 9, k2="none"), 14).end(), FAIL, "6.0 s"),
    Row("one never", bfd.up(5), came_up(9, k2="down"), FAIL, "k2"),
    Row("one missing", bfd.up(5), looked(looked(established(), 3, k2="none"), 9, k2="none").end(), FAIL, "7.0 s"),
    Row("not watched", bfd.up(5), came_up(3, k2="down"), UNKNOWN),
    Row("down again", bfd.up(5), looked(looked(established(), 3), 9, k2="down").end(), FAIL, "any more"),
    Row("gone again", bfd.up(5), looked(looked(established(), 3), 9, k2="none").end(), FAIL, "any more"),
    Row("other times", bfd.up(5), came_up(3, slow="k2"), FAIL, "1.5 s"),
    Row("another profile", bfd.up(5), looked(profiled(established(), 500), 3).end(), FAIL, "wanted 1.5 s"),
    Row("over hops", bfd.up(5), came_up(3, multihop=True), FAIL),
    Row("one may not", bfd.up(5), looked(established("k2", "k3"), 3, k1="none").end(), PASS, "4 sessions"),
    Row("BGP never up", bfd.up(5), looked(bgp_shown(profiled(Made().bgp()), 2, DOWN), 9).end(), UNKNOWN),
    Row("no profile", bfd.up(5), Made().bgp().end(), UNKNOWN),
    Row("no router", bfd.up(5), profiled(Made().unrouted()).end(), UNKNOWN),
    Row("noticed", bfd.detects(), cut((10.5, {}, NODES), (11.2, DOWN, ())), PASS, "1.20 s"),
    Row("noticed at once", bfd.detects(), cut((10.5, DOWN, ())), PASS, "0.50 s"),
    Row("late", bfd.detects(), cut((11, {}, NODES), (14, DOWN, ())), FAIL, "4.00 s"),
    Row("session late", bfd.detects(), cut((11, {}, ()), (14, DOWN, ())), FAIL, "4.00 s"),
    Row("slowest node sets the bound", bfd.detects(), cut((12.5, DOWN, ()), slow="k2"), PASS, "bound 2.75 s"),
    Row("never", bfd.detects(), cut((11, {}, NODES), (14, {"k1": "Idle", "k3": "Idle"}, ("k2",))), FAIL, "k2"),
    Row("slow, but allowed", bfd.detects(5), cut((11, {}, NODES), (14, DOWN, ())), PASS, "bound 5 s"),
    Row("routes stay", bfd.detects(), cut((11, DOWN, NODES), (14, DOWN, NODES)), FAIL),
    Row("routes stay, late ones", bfd.detects(), cut((11, DOWN, NODES), made=shown(Made().bgp(), 0, DOWN, ())), FAIL),
    Row("sessions stay", bfd.detects(), cut((11, {}, ()), made=shown(Made().bgp(), 0, DOWN, ())), FAIL, "never"),
    Row("another Service's stay", bfd.detects(), cut((11, DOWN, ("k1",)), made=Made().bgp().shows("b", OTHER)), FAIL),
    Row("one may not", bfd.detects(), cut((11, DOWN | {"k1": "Established"}, ()), made=Made().bgp("k2", "k3")), PASS),
    Row("up at last", bfd.detects(), cut((11, DOWN, ()), made=all_down(Made().bgp())), PASS),
    Row("not up before", bfd.detects(), cut((11, DOWN, ()), k2="down"), UNKNOWN),
    Row("calm", CALM, jittered(), PASS, "3 sessions stayed up; 600"),
    Row("a flap between two looks", CALM, jittered(downs=1), FAIL, "went down 1 times"),
    Row("down", CALM, jittered(state="down"), FAIL, "k2"),
    Row("BGP down", CALM, jittered(bgp="Idle"), FAIL, "BGP of tor1 and k2"),
    Row("nothing lost", CALM, jittered(lost=0), UNKNOWN, "no test"),
    Row("not told", CALM, jittered(told=False), UNKNOWN),
    Row("too short", CALM, jittered(for_s=30), UNKNOWN),
    Row("BGP stays", ADMIN, shut(), PASS, "everything stayed"),
    Row("BGP goes", ADMIN, shut(bgp="Idle"), FAIL, "session of k3"),
    Row("a route goes", ADMIN, shut(routes=False), FAIL, "route of k3"),
    Row("not up before", ADMIN, shut(bfd_before="down"), UNKNOWN),
    Row("not taken down", ADMIN, shut(bfd_during="up"), UNKNOWN, "not taken down"),
    Row("not cut", bfd.detects(), Made().bgp().at(1).shows("web", VIP).end(), UNKNOWN),
    Row("no address", bfd.detects(), cut((11, DOWN, ()), is_served=False), UNKNOWN),
    Row("one node not told of", CALM, without(jittered(), "bfd", "jittered", but=2), UNKNOWN, "no test"),
    Row("BGP not looked at", CALM, without(jittered(), "router", "bgp_peers"), UNKNOWN, "not looked at"),
    Row("BFD not looked at", CALM, without(jittered(), "router", "bfd"), UNKNOWN, "not looked at"),
    Row("not counted twice", CALM, without(jittered(), "router", "bfd_counters", but=1), UNKNOWN, "not looked at"),
    Row("no address", ADMIN, shut(shown=()), UNKNOWN, "no Service"),
    Row("no beginning", ADMIN, shut(begin="later"), UNKNOWN, "not AdminDown"),
    Row("one of two addresses is lost", ADMIN, shut(shown=(VIP, "10.100.0.9")), FAIL, "route of k1"),
    Row("one may not", ADMIN, shut(bgp="Idle", routes=False, eligible=NODES[:2]), PASS),
    Row("nobody looked", ADMIN, without(shut(), "router", "bgp_rib"), UNKNOWN, "not looked at"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_bfd_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
