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
    try:
        module = importlib.import_module(f"conformance.cases.{path.stem}")
    except InputError as err:
        raise InputError(*(Problem(f"{path}: {p.path}", p.message) for p in err.problems)) from err
    except Exception as err:
        raise InputError(Problem(str(path), f"cannot be imported ({type(err).__name__}: {err})")) from err
    case = getattr(module, "CASE", None)
    if not isinstance(case, Case):
        raise InputError(Problem(str(path), "got no CASE, wanted one"))
    if not hasattr(module, path.stem):
        raise InputError(Problem(str(path), f"got no function {path.stem}, wanted one that drives the case"))
    return case


def cases() -> dict[str, Case]:
    """Load every case.

    Returns:
        {id: case}, in the order they run in.

    Raises:
        InputError: two files hold one id, or a file holds no case; carries every problem.
    """
    found: list[Case] = []
    problems: list[Problem] = []
    for path in paths():
        try:
            case = load(path)
        except InputError as err:
            problems += err.problems
            continue
        if case.id in {known.id for known in found}:
            problems.append(Problem(str(path), f"got a second case with the id {case.id}"))
        found.append(case)
    if problems:
        raise InputError(*problems)
    return {case.id: case for case in sorted(found, key=lambda case: case.order)}
