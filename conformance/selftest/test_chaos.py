"""The rounds of the chaos run: their scripts, and the report."""

import pytest

from conformance.chaos import report
from conformance.chaos.script import CAPACITIES, made
from conformance.selftest.test_check_crash import B, killed
from conformance.suite.case import judge_by
from conformance.suite.facts import members
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

UNKNOWN = Outcome.UNKNOWN


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
