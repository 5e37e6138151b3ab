"""What the checks say: their words and figures on each hand-made history are as they were reviewed, and agree.

`make golden` rewrites the files in golden/, or quicker: LBKIT_GOLDEN=write pytest conformance/selftest/test_told.py.
A row that is not in its file yet is not compared, so that adding one needs no second file.
"""

import importlib
import os
from collections import Counter
from pathlib import Path

import pytest

from conformance.selftest.made import Row
from conformance.selftest.shake import GOLDEN, reviewed, told
from conformance.suite.verdict import Figure, Outcome

PASS, FAIL = Outcome.PASS, Outcome.FAIL
NAMES = sorted(path.stem for path in Path(__file__).parent.glob("test_check_*.py"))


def rows(table: str) -> tuple[Row, ...]:
    """Return the rows of a table."""
    found: tuple[Row, ...] = importlib.import_module(f"conformance.selftest.{table}").ROWS
    return found


def is_inside(figure: Figure) -> bool:
    """Whether a figure keeps its bounds."""
    is_low = figure.at_most is None or figure.value <= figure.at_most
    return is_low and (figure.at_least is None or figure.value >= figure.at_least)


def test_no_two_rows_have_one_name() -> None:
    """A row's id is the key of what was reviewed of it; the mutants' run would take two of one name for a change."""
    counts = Counter((table, row.id) for table in NAMES for row in rows(table))
    assert not [key for key, count in counts.items() if count > 1]


@pytest.mark.parametrize("table", NAMES)
def test_figures_agree_with_the_verdict(table: str) -> None:
    """Where a check passes, all its figures keep their bounds; where it fails, one does not."""
    verdicts = {row.id: row.check.judge(row.history) for row in rows(table)}
    decided = {i: verdict for i, verdict in verdicts.items() if verdict.figures and verdict.outcome in (PASS, FAIL)}
    for i, verdict in decided.items():
        assert all(map(is_inside, verdict.figures)) is (verdict.outcome is PASS), (i, verdict.figures)


@pytest.mark.parametrize("table", NAMES)
def test_checks_say_what_was_reviewed(table: str) -> None:
    """Reasons and figures are what a reader of the report sees: a change of them is reviewed like code."""
    now = {row.id: told(row) for row in rows(table)}
    if os.environ.get("LBKIT_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        text = "".join(f"{line}\n" for lines in now.values() for line in lines)
        (GOLDEN / f"{table}.txt").write_text(text, encoding="utf-8")
    known = reviewed(table)
    differing = {row: (known[row], now[row]) for row in known if row in now and known[row] != now[row]}
    assert not differing, "if that is meant: LBKIT_GOLDEN=write pytest conformance/selftest/test_told.py"
