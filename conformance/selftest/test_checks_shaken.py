"""Every check on every hand-made history with a part taken away: it has an answer, and none without evidence."""

import importlib
from pathlib import Path

import pytest

from conformance.selftest.made import Row
from conformance.selftest.shake import shake

TABLES: tuple[Row, ...] = tuple(
    row
    for path in sorted(Path(__file__).parent.glob("test_check_*.py"))
    for row in importlib.import_module(f"conformance.selftest.{path.stem}").ROWS
)


@pytest.mark.parametrize("row", TABLES, ids=lambda row: row.id)
def test_check_has_an_answer_whatever_is_missing(row: Row) -> None:
    """A check crashes on no history that a broken run may leave, and passes on no empty one."""
    shake(row)
