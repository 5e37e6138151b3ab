"""The judges of BFD, on hand-made histories that pass, fail and decide nothing."""

from typing import Any

import pytest

from conformance.selftest.made import NODES, NS, PEERING, START_S, Made, Row
from conformance.suite.checks import bfd
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, PREFIX = "10.100.0.1", "10.100.0.1/32"
TORS = ("tor1", "tor2")
UP = dict.fromkeys(NODES, "Established")


def seen(made: Made, router: str, *, interval_ms: int = 300, multihop: bool = False, **states: str) -> Made:
    """Let a router show its BFD sessions: node=up|down; all up if none is named."""
    raw: list[dict[str, Any]] = [
        {
            "peer": PEERING[router, node],
            "status": state,
            "multihop": multihop,
            "receive-interval": 300,
            "remote-transmit-interval": interval_ms,
            "remote-detect-multiplier": 3,
        }
        for node, state in (dict.fromkeys(NODES, "up") | states).items()
    ]
    return made.add("router", "bfd", router=router, asked_ns=0, raw=raw)


def came_up(at_s: float, **options: Any) -> History:
    """BGP is up at two seconds, and BFD is looked at."""
    made = (
        Made().bgp().wrote("apply", "BFDProfile", "lab", receiveInterval=300, transmitInterval=300, detectMultiplier=3)
    )
    made = made.at(2)
    for router in TORS:
        made = made.peers_seen(router, **UP)
    made = made.at(at_s)
    for router in TORS:
        made = seen(made, router, **options)
    return made.end()


def cut(*steps: tuple[float, dict[str, str], tuple[str, ...]], bfd_up: str = "up") -> History:
    """BFD of tor1 is cut at ten seconds; steps are (seconds, sessions, nodes with a route)."""
    made = Made().bgp().pool("10.100.0.0/24").at(1).shows("web", VIP).at(2)
    made = seen(made, "tor1", k2=bfd_up)
    made = made.at(10).add("fault", "router", router="tor1", what="bfd-cut", asked_ns=int((START_S + 10) * NS))
    for at_s, states, nodes in steps:
        made = made.at(at_s).peers_seen("tor1", **(UP | states)).rib("tor1", *((PREFIX, node) for node in nodes))
    return made.end()


DOWN = dict.fromkeys(NODES, "Idle")
ROWS = (
    Row("in time", bfd.up(5), came_up(3), PASS, "6 sessions"),
    Row("late", bfd.up(5), came_up(9), FAIL, "7.0 s"),
    Row("one never", bfd.up(5), came_up(9, k2="down"), FAIL, "k2"),
    Row("not watched", bfd.up(5), came_up(3, k2="down"), UNKNOWN),
    Row("other times", bfd.up(5), came_up(3, interval_ms=1000), FAIL, "3 s"),
    Row("over hops", bfd.up(5), came_up(3, multihop=True), FAIL),
    Row("no profile", bfd.up(5), Made().bgp().end(), UNKNOWN),
    Row("noticed", bfd.detects(), cut((10.5, {}, NODES), (11.2, DOWN, ())), PASS, "1.20 s"),
    Row("late", bfd.detects(), cut((11, {}, NODES), (14, DOWN, ())), FAIL, "4.00 s"),
    Row("never", bfd.detects(), cut((11, {}, NODES), (14, {"k1": "Idle", "k3": "Idle"}, ("k2",))), FAIL, "k2"),
    Row("routes stay", bfd.detects(), cut((11, DOWN, NODES), (14, DOWN, NODES)), FAIL),
    Row("not up before", bfd.detects(), cut((11, DOWN, ()), bfd_up="down"), UNKNOWN),
    Row("not cut", bfd.detects(), Made().bgp().at(1).shows("web", VIP).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_bfd_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
