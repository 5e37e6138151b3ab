"""The judges of a crash amid many writes, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import crash
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A, B, C = "198.18.0.0", "198.18.0.1", "198.18.0.2"
KEPT, OVER = crash.kept(at_least=1), crash.taken_over("controller", 5)
SETTLED, FULL = crash.settled("brim"), crash.full("brim")


def begun() -> Made:
    """A pool of two addresses; Service a has the first."""
    return Made().pool(f"{A}-{B}").at(1).created("a").at(1.1).shows("a", A)


def killed(*before: str) -> Made:
    """The controller is killed at two seconds, and other roles half a second before; b is created afterwards."""
    made = begun().at(1.5)
    for role in before:
        made.killed(role, back_s=None)
    return made.at(2).killed(back_s=None).at(2.5).created("b")


def brim(*third: str) -> Made:
    """Service a is deleted; b gets its address, c and d want one, c has what is given; then the mark."""
    one = begun().mark("busy").at(2).wrote("delete", "Service", "a").shows("a", A, change="DELETED")
    one.created("b", "c", "d").at(3).shows("b", A).shows("c", *third).shows("d")
    return one.at(4).mark("brim")


def enough() -> Made:
    """Service a is deleted, and as many others want an address as there are."""
    one = begun().at(2).shows("a", A, change="DELETED").created("b", "c").at(3).shows("b", A).shows("c", B)
    return one.at(4).mark("brim")


ROWS = (
    Row("kept", KEPT, begun().at(2).shows("a", A).watched().end(), PASS, "1 Services"),
    Row("given later", KEPT, Made().shows("a").shows("a", A).watched().end(), PASS),
    Row("blanked", KEPT, begun().at(2).shows("a").shows("a", A).watched().end(), FAIL, "another address"),
    Row("blanked at its end", KEPT, begun().at(2).shows("a", change="DELETED").watched().end(), PASS),
    Row("another", KEPT, begun().at(2).shows("a", B).watched().end(), FAIL, "another address"),
    Row("same name later", KEPT, begun().shows("a", A, change="DELETED").shows("a", B, uid="2").watched().end(), PASS),
    Row("not whole", KEPT, begun().end(), UNKNOWN, "watch"),
    Row("nobody served", KEPT, Made().shows("a").watched().end(), UNKNOWN, "0 Services"),
    Row("in time", OVER, killed().at(5).shows("b", B).end(), PASS, "3.00 s"),
    Row("just in time", OVER, killed().at(6.9).shows("b", B).end(), PASS, "4.90 s"),
    Row("told why not", OVER, killed().at(5).refused("b", "exhausted").end(), PASS),
    Row(
        "shown as created, then served", OVER, killed().service("b", "ADDED").at(5).shows("b", B).end(), PASS, "3.00 s"
    ),
    Row("the speaker before", OVER, killed("speaker").at(5).shows("b", B).end(), PASS, "3.00 s"),
    Row("late", OVER, killed().at(8).shows("b", B).end(), FAIL, "6.00 s"),
    Row("never", OVER, killed().at(9).end(), FAIL, "none of 1"),
    Row("only those of before", OVER, killed().at(3).shows("a", A).at(9).end(), FAIL),
    Row("not watched long", OVER, killed().at(4).end(), UNKNOWN, "long enough"),
    Row("not killed", OVER, begun().created("b").shows("b", B).end(), UNKNOWN, "not killed"),
    Row("only the speaker", OVER, begun().at(2).killed("speaker").created("b").at(9).end(), UNKNOWN, "not killed"),
    Row("none created since", OVER, begun().at(2).killed(back_s=None).at(9).end(), UNKNOWN, "no Service was created"),
    Row("all that can be", SETTLED, brim(B).watched().end(), PASS, "2 of 3"),
    Row("all that want one", SETTLED, enough().watched().end(), PASS, "2 of 2"),
    Row("one too few", SETTLED, brim().watched().end(), FAIL, "1 of 3"),
    Row("two on one", SETTLED, brim(B, C).watched().end(), FAIL, "1 have several"),
    Row("watch broke", SETTLED, brim(B).end(), UNKNOWN, "watch"),
    Row("no mark", SETTLED, begun().watched().end(), UNKNOWN, "come to brim"),
    Row("no pool", SETTLED, Made().created("a").shows("a").mark("brim").watched().end(), UNKNOWN, "no pool"),
    Row("every address", FULL, brim(B).watched().end(), PASS, "all 2"),
    Row("one is lost", FULL, brim().watched().end(), FAIL, "1 of 2"),
    Row("outside instead", FULL, brim(C).watched().end(), FAIL, "1 of 2"),
    Row("too few Services", FULL, begun().mark("brim").watched().end(), UNKNOWN, "1 Services"),
    Row("just too few Services", FULL, enough().watched().end(), UNKNOWN, "2 Services"),
    Row(
        "nothing given back",
        FULL,
        begun().created("b", "c").shows("b", B).shows("c").mark("brim").watched().end(),
        UNKNOWN,
        "given back",
    ),
    Row("watch broke", FULL, brim(B).end(), UNKNOWN, "watch"),
    Row("no mark", FULL, begun().shows("a", change="DELETED").watched().end(), UNKNOWN, "come to brim"),
    Row("no pool", FULL, Made().created("a").shows("a").mark("brim").watched().end(), UNKNOWN, "no pool"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_crash_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
