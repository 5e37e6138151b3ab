"""The judges of a crash amid writes on hand-made histories, the rounds' scripts, and the report."""

import pytest

from conformance.chaos import report
from conformance.chaos.script import CAPACITIES, made
from conformance.selftest.made import Made, Row
from conformance.suite.case import judge_by
from conformance.suite.checks import crash
from conformance.suite.facts import members
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A, B, C = "198.18.0.0", "198.18.0.1", "198.18.0.2"
KEPT, OVER = crash.kept(at_least=1), crash.taken_over("controller", 5)
SETTLED, FULL = crash.settled("brim"), crash.full("brim")


def begun() -> Made:
    """A pool of two addresses; Service a has the first."""
    return Made().pool(f"{A}-{B}").at(1).created("a").at(1.1).shows("a", A)


def killed() -> Made:
    """The controller is killed at two seconds, after which b is created."""
    return begun().at(2).killed(back_s=None).at(2.5).created("b")


def brim(*third: str) -> History:
    """Service a is deleted; b gets its address, c and d want one, c has what is given; then the mark."""
    one = begun().at(2).wrote("delete", "Service", "a").shows("a", A, change="DELETED").created("b", "c", "d")
    one.at(3).shows("b", A).shows("c", *third).shows("d")
    return one.at(4).add("suite", "mark", name="brim").watched().end()


ROWS = (
    Row("kept", KEPT, begun().at(2).shows("a", A).watched().end(), PASS),
    Row("given later", KEPT, Made().shows("a").shows("a", A).watched().end(), PASS),
    Row("blanked", KEPT, begun().at(2).shows("a").shows("a", A).watched().end(), FAIL, "another address"),
    Row("another", KEPT, begun().at(2).shows("a", B).watched().end(), FAIL, "another address"),
    Row("same name later", KEPT, begun().shows("a", A, change="DELETED").shows("a", B, uid="2").watched().end(), PASS),
    Row("not whole", KEPT, begun().end(), UNKNOWN),
    Row("nobody served", KEPT, Made().shows("a").watched().end(), UNKNOWN),
    Row("in time", OVER, killed().at(5).shows("b", B).end(), PASS, "3.00 s"),
    Row("told why not", OVER, killed().at(5).refused("b", "exhausted").end(), PASS),
    Row("late", OVER, killed().at(8).shows("b", B).end(), FAIL, "6.00 s"),
    Row("never", OVER, killed().at(9).end(), FAIL, "none of 1"),
    Row("only those of before", OVER, killed().at(3).shows("a", A).at(9).end(), FAIL),
    Row("not watched long", OVER, killed().at(4).end(), UNKNOWN),
    Row("not killed", OVER, begun().created("b").shows("b", B).end(), UNKNOWN),
    Row("none created since", OVER, begun().at(2).killed(back_s=None).at(9).end(), UNKNOWN),
    Row("all that can be", SETTLED, brim(B), PASS, "2 of 3"),
    Row("one too few", SETTLED, brim(), FAIL, "1 of 3"),
    Row("two on one", SETTLED, brim(B, C), FAIL, "1 have several"),
    Row("no mark", SETTLED, begun().watched().end(), UNKNOWN),
    Row("every address", FULL, brim(B), PASS, "all 2"),
    Row("one is lost", FULL, brim(), FAIL, "1 of 2"),
    Row("outside instead", FULL, brim(C), FAIL, "1 of 2"),
    Row("too few Services", FULL, begun().add("suite", "mark", name="brim").watched().end(), UNKNOWN),
    Row(
        "nothing given back",
        FULL,
        begun().created("b", "c").shows("b", B).shows("c").add("suite", "mark", name="brim").watched().end(),
        UNKNOWN,
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_crash(row: Row) -> None:
    """Each judge passes, fails and decides nothing where it should."""
    verdict = row.check.judge(row.history)
    assert (verdict.outcome, row.says in verdict.reason) == (row.outcome, True), verdict


def test_each_crash_judge_has_three_rows() -> None:
    """No judge of this file's group goes without a history that passes, one that fails and one that decides nothing."""
    have = {(row.check.judge.func, row.outcome) for row in ROWS}  # type: ignore[attr-defined]  # checks are partials
    used = {check.judge.func for check in (KEPT, OVER, SETTLED, FULL)}  # type: ignore[attr-defined]  # as above
    assert {(judge, outcome) for judge in used for outcome in Outcome} == have


def test_a_round_is_repeatable_and_a_seed_makes_another() -> None:
    """Same seed and number, same round; another number or seed, another one."""
    one = made(7, 3, operations=500, writers=16)
    assert one == made(7, 3, operations=500, writers=16)
    assert one.scripts != made(8, 3, operations=500, writers=16).scripts
    assert one.scripts != made(7, 4, operations=500, writers=16).scripts


@pytest.mark.parametrize("number", range(1, 21))
def test_a_round_has_all_it_needs(number: int) -> None:
    """500 operations, each deletion after its creation, a kill amid them, and a pool of its own."""
    one = made(1, number, operations=500, writers=16)
    assert sum(map(len, one.scripts)) == 500
    assert 50 <= one.kill_at <= 450
    assert one.capacity in CAPACITIES
    pool = members((one.addresses,))
    assert len(pool) == one.capacity
    assert not set(pool) & set(members((made(1, number + 1, operations=500, writers=16).addresses,)))
    for script in one.scripts:
        living: set[str] = set()
        for operation in script:
            assert (operation.name in living) == (operation.verb == "delete")
            living ^= {operation.name}


def test_rounds_are_of_both_kinds() -> None:
    """Twenty rounds have pools that are too small and pools that are large enough."""
    assert {made(1, number, operations=500, writers=16).capacity for number in range(1, 21)} == set(CAPACITIES)


def test_a_round_that_was_not_driven_passes_nothing() -> None:
    """An empty history is unknown by every check."""
    assert {finding.verdict.outcome for finding in judge_by(report.CHECKS, History())} == {UNKNOWN}
    assert report.outcome([report.judged(1, History())]) is UNKNOWN
    assert report.outcome([]) is UNKNOWN


def test_report_shows_rounds_and_what_failed() -> None:
    """A failing round is named with its reason; take-over times are summed up."""
    text = report.render([report.judged(1, killed().at(8).shows("b", B).end())], "Chaos")
    assert "0 of 1 rounds passed." in text
    assert "| 1 | 2 | controller-1 | 6.00 | FAILED |" in text
    assert "Round 1, taken-over: 6.00 s from the kill" in text
