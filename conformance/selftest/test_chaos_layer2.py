"""The rounds of lost owners and the soak: what a round measured, how it is shown, and which episodes a seed makes."""

from pathlib import Path

import pytest

from conformance.chaos import plot
from conformance.chaos.layer2 import table
from conformance.chaos.layer2.losses import PLANNED, SOAKED, UNPLANNED, checks_of, measured
from conformance.chaos.layer2.script import PAIRED, made
from conformance.chaos.layer2.speaker import ASKED
from conformance.selftest.test_check_failover import STRAY, both, lost
from conformance.selftest.test_mutants import owned, taken
from conformance.suite.deeds import DEEDS
from conformance.suite.history import History
from conformance.suite.verdict import Outcome


def test_a_round_is_measured_and_judged() -> None:
    """Silence, requests and outage are those since the fault; a planned deed may lose no request."""
    history = taken(owned("links-lost"), 30, ("timeout",) * 30 + ("",) * 120)
    one = measured("links-lost", 3, history, UNPLANNED)
    assert (one.outcome, one.failed, one.requests) == (Outcome.PASS, 30, 152)
    assert 0.59 < one.silence_s < 0.61
    assert 0.59 < one.outage_s < 0.61
    assert (one.together_s, one.strays) == (0.0, 0)
    assert measured("drain", 3, history, PLANNED).outcome is Outcome.FAIL
    assert checks_of("drain") == PLANNED
    assert checks_of("killed") == UNPLANNED


def test_two_answers_and_strays_are_measured() -> None:
    """An overlap has a length; a single answer of one who had lost the address has none, and counts."""
    assert 0.09 < measured("x", 1, both("x", 0.1).closed().end(), SOAKED).together_s < 0.11
    stray = measured("frozen", 1, STRAY.closed().end(), SOAKED)
    assert (stray.together_s, stray.strays, stray.outcome) == (0.0, 1, Outcome.FAIL)


def test_a_round_that_was_not_driven_is_unknown() -> None:
    """An empty history passes nothing."""
    assert measured("killed", 1, History(), UNPLANNED).outcome is Outcome.UNKNOWN


def test_report_has_a_row_for_each_deed_and_names_what_did_not_pass(tmp_path: Path) -> None:
    """Two targets stand one under the other; the samples hold each round; the plot is drawn."""
    good = measured("killed", 1, taken(owned("killed"), 20), UNPLANNED)
    late = measured("killed", 2, taken(owned("killed"), 80), UNPLANNED)
    text = table.render({"lbkit": [good], "other": [good, late]}, "Owners lost", UNPLANNED)
    assert f"| {DEEDS['killed'].title} | 1 | 0.00 / 0.00 | 0 of 152 | 0.40 | 0 | 1 of 1 |" in text
    assert "other: 1 of 2 rounds passed" in text
    assert "- killed 2, answered-again: 10.10.0.200: nobody answered for 1.60 s" in text
    assert "Not passed by lbkit" not in text
    assert table.samples([late]).splitlines()[1].startswith("killed,2,0.000,152,0,1.600,0.000,0,")
    plot.draw({"lbkit": [good], "other": [late]}, tmp_path / "plot.svg", "Owners lost", {"killed": 1.0})
    assert (tmp_path / "plot.svg").read_text(encoding="utf-8").count("<use") > 2


def test_soak_is_repeated_by_its_seed_and_leaves_a_node_whole() -> None:
    """Equal seeds make equal episodes; a second fault is one of a single node, and never a second split."""
    episodes = [made(1, number) for number in range(1, 400)]
    assert episodes == [made(1, number) for number in range(1, 400)]
    assert episodes != [made(2, number) for number in range(1, 400)]
    pairs = [one for one in episodes if one.other]
    assert 40 < len(pairs) < 160
    assert {one.other.deed for one in pairs if one.other} == set(PAIRED)
    assert not [one for one in pairs if one.owner.deed == "others-split"]
    assert {one.owner.deed for one in episodes} <= DEEDS.keys()


@pytest.mark.parametrize("deed", ASKED)
def test_rounds_are_of_known_deeds(deed: str) -> None:
    """What is asked for by default can be done."""
    assert DEEDS[deed].title


def test_a_lost_owner_passes_the_soak() -> None:
    """One answers after the other."""
    assert measured("links-lost", 1, lost().closed().end(), SOAKED).outcome is Outcome.PASS
