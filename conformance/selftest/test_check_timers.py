"""The judges of hold and keepalive times, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NODES, PEERING, Made, Row
from conformance.selftest.made_bgp import Talk
from conformance.suite.bgp_stream import Kind
from conformance.suite.checks import timers
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
TORS = ("tor1", "tor2")


def beaten(
    every_s: float, hold_s: float, *, mark: str = "slow", rounds: int = 5, pause_s: float = 0.0, dropped: int = 0
) -> History:
    """Every node sends KEEPALIVEs; the routers tell their hold time."""
    talk = Talk(Made().bgp().opened().at(1)).at(1).mark(mark)
    now_s = 1.0
    for number in range(rounds):
        now_s += every_s + (pause_s if number == 3 else 0)
        for router in TORS:
            for node in NODES:
                talk.at(now_s).says(node, router, Kind.KEEPALIVE)
    for router in TORS:
        talk.made.neighbors(router, {node: f"1.1.1.{n}" for n, node in enumerate(NODES)}, hold_ms=int(hold_s * 1000))
    return talk.at(now_s + 0.1).mark(f"{mark}-over").made.closed(dropped).end()


def zero(policy: str, *, state: str = "Established", beats: int = 0, for_s: float = 9.0) -> History:
    """A hold time of 0 is configured."""
    made = Made().bgp().declares(policies={"zero-hold-time": policy} if policy else {}).opened()
    talk = Talk(made.at(1)).at(1).mark("none")
    for router in TORS:
        talk.at(2).made.peers_seen(router, **dict.fromkeys(NODES, state))
    for number in range(beats):
        talk.at(3 + number).says("k1", "tor1", Kind.KEEPALIVE)
    return talk.at(1 + for_s).mark("none-over").made.closed().end()


def offered(*, answer: int = Kind.NOTIFICATION, subcode: int = 6, nodes: tuple[str, ...] = NODES) -> History:
    """A router offers hold times of one and two seconds, and is answered."""
    made = Made().bgp()
    told = {"code": 2, "subcode": subcode} if answer == Kind.NOTIFICATION else {}
    for hold_s in (1, 2):
        for node in nodes:
            caller = {"router": "tor1", "caller": PEERING["tor1", node], "hold_time_s": hold_s}
            made = made.add("bgp", "offered", **caller, answer=answer, **told)
    return made.end()


SLOW, QUICK = timers.keepalives("slow", 9, 3), timers.keepalives("quick", 3, 1)
ZERO, REFUSES = timers.zero_hold("none", 8), timers.refuses_hold(1, 2)
ROWS = (
    Row("in time", SLOW, beaten(3, 9), PASS, "6 sessions"),
    Row("a little early", SLOW, beaten(2.3, 9), PASS),
    Row("too often", SLOW, beaten(1, 9), FAIL, "every 1.00 s"),
    Row("too rarely", SLOW, beaten(4, 9), FAIL, "every 4.00 s"),
    Row("another hold time", SLOW, beaten(3, 90), FAIL, "90 s"),
    Row("one pause", SLOW, beaten(3, 9, pause_s=7), FAIL, "10.0 s of 9 s"),
    Row("few", SLOW, beaten(3, 9, rounds=3), UNKNOWN, "fewer than four"),
    Row("frames lost", SLOW, beaten(3, 9, dropped=1), UNKNOWN, "lost 1"),
    Row("in time", QUICK, beaten(1, 3, mark="quick"), PASS),
    Row("too rarely", QUICK, beaten(2, 3, mark="quick"), FAIL),
    Row("no mark", QUICK, beaten(1, 3), UNKNOWN),
    Row("refused", ZERO, zero("refused", state="Active"), PASS, "as declared"),
    Row("not refused", ZERO, zero("refused"), FAIL, "refuses"),
    Row("used", ZERO, zero("used", beats=1), PASS, "without"),
    Row("used with KEEPALIVEs", ZERO, zero("used", beats=3), FAIL, "3 KEEPALIVEs"),
    Row("not used", ZERO, zero("used", state="Active"), FAIL, "no session"),
    Row("not declared", ZERO, zero(""), UNKNOWN, "does not say"),
    Row("too short", ZERO, zero("refused", for_s=4.0), UNKNOWN, "4.0 s"),
    Row("refused", REFUSES, offered(), PASS, "6 offers"),
    Row("by another word", REFUSES, offered(subcode=2), FAIL, "NOTIFICATION 2/2"),
    Row("accepted", REFUSES, offered(answer=Kind.KEEPALIVE), FAIL, "message type 4"),
    Row("in silence", REFUSES, offered(answer=0), FAIL, "nothing"),
    Row("not to all", REFUSES, offered(nodes=("k1",)), UNKNOWN, "k2"),
    Row("not offered", REFUSES, Made().bgp().end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_timers_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
