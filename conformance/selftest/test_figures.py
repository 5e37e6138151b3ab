"""The figures of the checks: what was measured on each hand-made history, and that they agree with the verdict.

`make golden` rewrites the file of figures; the change is reviewed like code.
"""

import os

import pytest

from conformance.selftest.made import Row
from conformance.selftest.shake import GOLDEN, figures
from conformance.selftest.test_checks_shaken import TABLES
from conformance.suite.verdict import Figure, Outcome

MEASURED = tuple(row for row in TABLES if row.check.judge(row.history).figures)


def is_inside(figure: Figure) -> bool:
    """Whether a figure keeps its bounds."""
    is_low = figure.at_most is None or figure.value <= figure.at_most
    return is_low and (figure.at_least is None or figure.value >= figure.at_least)


@pytest.mark.parametrize("row", MEASURED, ids=lambda row: row.id)
def test_figures_agree_with_the_verdict(row: Row) -> None:
    """Where a check passes, all its figures keep their bounds; where one does not keep it, the check fails."""
    verdict = row.check.judge(row.history)
    if verdict.outcome is Outcome.PASS:
        assert all(map(is_inside, verdict.figures)), verdict.figures
    if verdict.outcome is Outcome.FAIL:
        assert not all(map(is_inside, verdict.figures)), verdict.figures
    assert verdict.outcome is not Outcome.UNKNOWN, f"{row.id} decides nothing, and has figures"


def test_figures_are_what_was_measured() -> None:
    """Each figure on each history is as it was reviewed."""
    text = "".join(f"{line}\n" for row in MEASURED for line in figures(row))
    if os.environ.get("LBKIT_GOLDEN") == "write":
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8"), "figures differ; if that is meant: make golden"
