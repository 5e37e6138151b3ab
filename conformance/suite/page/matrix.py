"""Several reports side by side: which targets there are, and what became of each case on each of them.

Runs of one implementation that ran different cases (one lab each) are one column; runs of the same cases stand
beside each other.

Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from conformance.suite.profiles import PROFILES
from conformance.suite.report import RAN, Word

Report = Mapping[str, Any]  # Any: a ConformanceReport as `report.build` makes it or YAML gives it back

NOT_ASKED: Final = Word.SKIPPED.value


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of one case on one target.

    Args:
        run: number of the run it is from.
        test: as in the report.
    """

    run: int
    test: Mapping[str, Any]  # Any: as in the report

    @property
    def word(self) -> str:
        """One of the report's seven words."""
        return str(self.test["result"])


@dataclass(frozen=True, slots=True)
class Column:
    """One target.

    Args:
        key: for anchors; letters, digits and dashes.
        name: the project, and a number where it is not the only column of it.
        version: of the implementation.
        runs: numbers of the runs it was made of.
        cells: {case id: what became of it}.
        profiles: {profile: {word: how many}}; those without a case are left out.
    """

    key: str
    name: str
    version: str
    runs: tuple[int, ...]
    cells: Mapping[str, Cell]
    profiles: Mapping[str, Mapping[str, int]]

    @property
    def counts(self) -> dict[str, int]:
        """{word: how many cases}, in the order of the words."""
        return {word.value: sum(p.get(word.value, 0) for p in self.profiles.values()) for word in Word}


@dataclass(frozen=True, slots=True)
class Row:
    """One case.

    Args:
        id: of the case.
        test: its title, tier, lab, features and source, as one of the reports has them.
        cells: one per column; None where that report does not know the case.
    """

    id: str
    test: Mapping[str, Any]  # Any: as in the report
    cells: tuple[Cell | None, ...]

    @property
    def differs(self) -> bool:
        """Two targets that ran it got different words."""
        return len({cell.word for cell in self.cells if cell and cell.word in _JUDGED}) > 1


@dataclass(frozen=True, slots=True)
class Matrix:
    """Targets and cases.

    Args:
        columns: in the order in which their reports were given.
        groups: (profile, its rows), in the order of the profiles.
    """

    columns: tuple[Column, ...]
    groups: tuple[tuple[str, tuple[Row, ...]], ...]


_JUDGED: Final = frozenset(word.value for word in RAN)


def matrix(reports: Sequence[Report]) -> Matrix:
    """Put reports side by side.

    Args:
        reports: at least one.
    """
    columns = _columns(reports)
    known: dict[str, Mapping[str, Any]] = {}
    for report in reports:
        for test in report["tests"]:
            known.setdefault(str(test["id"]), test)
    groups = []
    for profile in PROFILES:
        rows = [
            Row(case_id, test, tuple(column.cells.get(case_id) for column in columns))
            for case_id, test in known.items()
            if test["profile"] == profile.name
        ]
        if rows:
            groups.append((profile.name, tuple(sorted(rows, key=lambda row: row.id))))
    return Matrix(columns, tuple(groups))


def _columns(reports: Sequence[Report]) -> tuple[Column, ...]:
    gathered: list[tuple[tuple[str, str], list[int], dict[str, Cell]]] = []
    for number, report in enumerate(reports):
        who = report.get("implementation") or {}
        about = (str(who.get("project", "?")), str(who.get("version", "")))
        cells = {str(test["id"]): Cell(number, test) for test in report["tests"]}
        fitting = next((g for g in gathered if g[0] == about and not _asked(g[2]) & _asked(cells)), None)
        if fitting is None:
            gathered.append((about, [number], cells))
        else:
            fitting[1].append(number)
            fitting[2].update({i: cell for i, cell in cells.items() if cell.word != NOT_ASKED or i not in fitting[2]})
    names = [about[0] for about, _, _ in gathered]
    columns = []
    for position, ((project, version), runs, cells) in enumerate(gathered):
        nth = names[: position + 1].count(project)
        name = project if names.count(project) == 1 else f"{project} ({nth})"
        columns.append(Column(f"t{position}", name, version, tuple(runs), cells, _profiles(cells)))
    return tuple(columns)


def _asked(cells: Mapping[str, Cell]) -> set[str]:
    """Return the cases that were asked for."""
    return {case_id for case_id, cell in cells.items() if cell.word != NOT_ASKED}


def _profiles(cells: Mapping[str, Cell]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for cell in cells.values():
        words = found.setdefault(str(cell.test["profile"]), {})
        words[cell.word] = words.get(cell.word, 0) + 1
    return {profile.name: found[profile.name] for profile in PROFILES if profile.name in found}
