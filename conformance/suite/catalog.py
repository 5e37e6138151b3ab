"""Finds the cases: each `cases/test_*.py` holds one `CASE`.

Shell: imports the case files.
"""

import importlib
from pathlib import Path
from typing import Final

from conformance.suite.case import Case
from lbkit.errors import InputError, Problem

CASES: Final = Path(__file__).resolve().parents[1] / "cases"


def paths() -> tuple[Path, ...]:
    """Return the case files, by name."""
    return tuple(sorted(CASES.glob("test_*.py")))


def load(path: Path) -> Case:
    """Import a case file and return its case.

    Args:
        path: a file in `CASES`.

    Raises:
        InputError: it holds no case, or one that cannot be.
    """
    module = importlib.import_module(f"conformance.cases.{path.stem}")
    case = getattr(module, "CASE", None)
    if not isinstance(case, Case):
        raise InputError(Problem(str(path), "got no CASE, wanted one"))
    return case


def cases() -> dict[str, Case]:
    """Load every case.

    Returns:
        {id: case}, in the order they run in.

    Raises:
        InputError: two files hold one id, or a file holds no case.
    """
    found = [load(path) for path in paths()]
    problems = [
        Problem(case.id, "got two cases with this id")
        for n, case in enumerate(found)
        if case.id in {c.id for c in found[:n]}
    ]
    if problems:
        raise InputError(*problems)
    return {case.id: case for case in sorted(found, key=lambda case: case.order)}
