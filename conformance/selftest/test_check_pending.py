"""The judges of Services without an address, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import pending
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A, B, C = "10.10.0.200", "10.10.0.201", "10.10.0.202"
FULL = "no available IPs in pool"


def one() -> Made:
    """A pool, and one Service created at one second."""
    return Made().pool().at(1).created("web")


def three() -> Made:
    """Three Services for two addresses, of which the first two have one."""
    made = Made().pool(f"{A}-{B}").at(1).created("a", "b", "c")
    return made.at(1.5).shows("a", A).shows("b", B)


def released() -> Made:
    """The first of those three is deleted at five seconds."""
    return three().at(5).wrote("delete", "Service", "a").shows("a", A, change="DELETED")


def later() -> Made:
    """A Service, then a pool at five seconds."""
    return Made().at(1).created("web").at(5).pool()


NEVER = pending.never_given("web", for_s=5)
TOLD = pending.explained("web", says=("available",))
FULL_POOL = pending.exhausted(5)
RECOVERED = pending.recovered(3, waited_s=2)
LATER = pending.served_by_a_later_pool(5)

ROWS = (
    Row("none", NEVER, one().at(7).watched().end(), PASS),
    Row("for a moment", NEVER, one().shows("web", A).shows("web").at(7).watched().end(), FAIL, A),
    Row("too short", NEVER, one().at(3).watched().end(), UNKNOWN, "2.0 s"),
    Row("not created", NEVER, Made().at(9).watched().end(), UNKNOWN),
    Row("watch broke", NEVER, one().at(7).end(), UNKNOWN),
    Row("by a condition", TOLD, one().refused("web", FULL).end(), PASS, FULL),
    Row("by an Event", TOLD, one().told("web", FULL).end(), PASS),
    Row("by any reason", pending.explained(), one().told("web", "so").end(), PASS),
    Row("by a reason word", TOLD, one().refused("web", "full", reason="NoneAvailable").end(), PASS),
    Row("by something else", TOLD, one().told("web", "wrong family").end(), FAIL, "of that kind"),
    Row("about another", TOLD, one().told("other", FULL).end(), FAIL),
    Row("by a normal Event", TOLD, one().told("web", FULL, kind="Normal").end(), FAIL),
    Row("not at all", TOLD, one().told().end(), FAIL),
    Row("nobody looked", TOLD, one().end(), UNKNOWN),
    Row("nobody waits", pending.explained(), one().shows("web", A).told().end(), UNKNOWN),
    Row("not created", TOLD, Made().told().end(), UNKNOWN),
    Row("two of three", FULL_POOL, three().at(9).watched().end(), PASS, "c without"),
    Row("three of three", FULL_POOL, three().shows("c", C).at(9).watched().end(), FAIL, "3 Services"),
    Row("one of three", FULL_POOL, Made().pool(f"{A}-{B}").created("a", "b", "c").at(9).watched().end(), FAIL),
    Row("too short", FULL_POOL, three().at(4).watched().end(), UNKNOWN),
    Row("watch broke", FULL_POOL, three().at(9).end(), UNKNOWN),
    Row("too few", FULL_POOL, one().at(9).watched().end(), UNKNOWN, "exhaust nothing"),
    Row("by the one that waits", RECOVERED, released().at(6).shows("c", A).end(), PASS, "to c after 1.000 s"),
    Row("late", RECOVERED, released().at(9).shows("c", A).end(), FAIL),
    Row("never", RECOVERED, released().at(9).end(), FAIL),
    Row("another address", RECOVERED, released().at(6).shows("c", C).end(), FAIL),
    Row(
        "by two",
        RECOVERED,
        three().created("d").at(5).wrote("delete", "Service", "a").shows("c", A).shows("d", A).end(),
        FAIL,
    ),
    Row("too short", RECOVERED, released().at(6).end(), UNKNOWN),
    Row("nobody waits", RECOVERED, one().shows("web", A).at(5).wrote("delete", "Service", "web").at(9).end(), UNKNOWN),
    Row("nothing deleted", RECOVERED, three().at(9).end(), UNKNOWN),
    Row("soon", LATER, later().at(6).shows("web", A).end(), PASS, "1.000 s"),
    Row("late", LATER, later().at(12).shows("web", A).end(), FAIL),
    Row("never", LATER, later().at(12).end(), FAIL),
    Row(
        "before the pool", LATER, Made().at(1).created("web").at(2).shows("web", A).at(5).pool().end(), FAIL, "without"
    ),
    Row("too short", LATER, later().at(6).end(), UNKNOWN),
    Row("the pool was first", LATER, one().at(2).shows("web", A).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_pending_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
