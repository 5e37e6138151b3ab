"""The judges of requests and restarts, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import reach, restart
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP = "10.10.0.200"
OK, LOST = "", "timeout"


def two() -> Made:
    """Two Services that have one address since one second."""
    return Made().pool().created("web", "metrics").at(1).shows("web", VIP).shows("metrics", VIP)


def leaving(*after: str) -> Made:
    """One of the two answers, the other is deleted at two seconds, and what becomes of the requests afterwards."""
    made = two().requested("web", OK, OK).at(2).wrote("delete", "Service", "metrics")
    return made.requested("web", *after)


def away(for_s: float = 10) -> Made:
    """The controller is taken away at two seconds, a Service comes a second later, and the controller so long after."""
    made = two().at(2).add("fault", "stop", role="controller").at(3).created("later").at(3 + for_s)
    return made.add("fault", "start", role="controller", asked_ns=int((1000 + made.now_s) * 1e9))


LATER = restart.served_after("later", "controller", within_s=5, away_s=9)
SERVED = reach.served("web", within_s=5, at_least=2)
STAYS = reach.uninterrupted("web", during="metrics", at_least=2)
KILLED = restart.restarted("controller", watched_s=5)

ROWS = (
    Row("soon", SERVED, two().requested("web", OK, OK).end(), PASS),
    Row("after a while", SERVED, two().requested("web", "refused", LOST, OK, OK).end(), PASS),
    Row("late", SERVED, two().requested("web", LOST).at(9).requested("web", OK, OK).end(), FAIL, "wanted 5 s"),
    Row("asked late", SERVED, two().at(9).requested("web", OK, OK).end(), PASS),
    Row("never", SERVED, two().requested("web", LOST).at(9).requested("web", LOST).end(), FAIL, "no answer"),
    Row("lost one", SERVED, two().requested("web", OK, "reset", OK).end(), FAIL, "1 of 3"),
    Row("not asked for long", SERVED, two().requested("web", LOST).end(), UNKNOWN),
    Row("too few", SERVED, two().requested("web", OK).end(), UNKNOWN),
    Row("not asked", SERVED, two().requested("metrics", OK, OK).end(), UNKNOWN),
    Row("no address", SERVED, Made().requested("web", OK, OK).end(), UNKNOWN),
    Row("stays", STAYS, leaving(OK, OK).end(), PASS),
    Row("loses one", STAYS, leaving(OK, "refused", OK).end(), FAIL),
    Row(
        "lost one before",
        STAYS,
        two().requested("web", OK, LOST).at(2).wrote("delete", "Service", "metrics").end(),
        FAIL,
    ),
    Row("hardly asked", STAYS, leaving(OK).end(), UNKNOWN),
    Row("nothing deleted", STAYS, two().requested("web", OK, OK).end(), UNKNOWN),
    Row(
        "never answered before",
        STAYS,
        two().at(2).wrote("delete", "Service", "metrics").requested("web", OK).end(),
        UNKNOWN,
    ),
    Row("back", KILLED, two().killed().at(20).end(), PASS, "2.0 s"),
    Row("not back", KILLED, two().killed(back_s=None).at(90).end(), FAIL),
    Row("not back yet", KILLED, two().killed(back_s=None).at(9).end(), UNKNOWN),
    Row("back for a moment", KILLED, two().killed().end(), UNKNOWN),
    Row("another one", KILLED, two().killed("speaker").at(20).end(), UNKNOWN),
    Row("in time", LATER, away().at(15).shows("later", VIP).end(), PASS, "2.0 s"),
    Row("by the first replica", LATER, away().at(13).shows("later", VIP).end(), PASS, "before controller is back"),
    Row("late", LATER, away().at(25).shows("later", VIP).end(), FAIL, "12.0 s"),
    Row("never", LATER, away().at(25).end(), FAIL, "no address"),
    Row("not brought back", LATER, two().at(2).add("fault", "stop", role="controller").created("later").end(), UNKNOWN),
    Row("away too shortly", LATER, away(4).at(15).shows("later", VIP).end(), UNKNOWN),
    Row("killed once", restart.restarted("controller", times=2), two().killed().at(20).end(), UNKNOWN),
    Row("killed twice", restart.restarted("controller", times=2), two().killed().at(9).killed().end(), PASS),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_reach_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
