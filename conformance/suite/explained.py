"""Why a verdict is not a pass: a sentence for each, with its source, put beside the verdict in a published report.

A report without them says what is so, and leaves a reader to guess whether the implementation means it, lacks it, or is
judged wrongly. An explanation that no verdict needs any more is as wrong as one that is missing.

Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from conformance.suite.report import Word
from lbkit.errors import InputError, Problem

KINDS: Final = {
    "behaviour": "the implementation does something else, and says so or means it",
    "bug": "the implementation does not do what it means to",
    "missing": "the implementation has no such thing",
    "lab": "this lab cannot show it",
    "suite": "the suite is wrong or not good enough here",
}
NEEDED: Final = frozenset({Word.FAILED, Word.UNKNOWN, Word.ERROR, Word.BLOCKED})
"""What is skipped was not asked for, and what is unsupported names the feature that is not claimed."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a case did not pass.

    Args:
        case: its id.
        kind: one of `KINDS`.
        why: a sentence or two.
        source: documentation, code or issue that says so.
    """

    case: str
    kind: str
    why: str
    source: str


def parse(data: object, path: str) -> dict[str, dict[str, Explanation]]:
    """Read explanations.

    Args:
        data: {project: {case id: {kind, why, source}}}.
        path: where they come from, for errors.

    Returns:
        {project: {case id: explanation}}.

    Raises:
        InputError: one is not whole; carries every problem.
    """
    problems: list[Problem] = []
    found: dict[str, dict[str, Explanation]] = {}
    for project, cases in data.items() if isinstance(data, dict) else ():
        for case, fields in (cases or {}).items():
            where = f"{path}: {project}.{case}"
            if not isinstance(fields, dict) or set(fields) != {"kind", "why", "source"}:
                problems.append(Problem(where, f"got {fields}, wanted kind, why and source"))
            elif fields["kind"] not in KINDS:
                problems.append(Problem(where, f"got kind {fields['kind']}, wanted one of {', '.join(KINDS)}"))
            else:
                told = Explanation(str(case), str(fields["kind"]), str(fields["why"]), str(fields["source"]))
                found.setdefault(str(project), {})[str(case)] = told
    if not isinstance(data, dict):
        problems.append(Problem(path, "got no mapping, wanted {project: {case id: {kind, why, source}}}"))
    if problems:
        raise InputError(*problems)
    return found


def explain(report: Mapping[str, Any], known: Mapping[str, Explanation]) -> dict[str, Any]:  # Any: a ConformanceReport
    """Put explanations beside the verdicts that need one.

    Args:
        report: as `report.build` makes it.
        known: {case id: explanation} of its project.

    Raises:
        InputError: a verdict that is not a pass has none, or one that needs none has one; carries every problem.
    """
    needy = {str(test["id"]): test for test in report["tests"] if Word(test["result"]) in NEEDED}
    judged = {str(test["id"]) for test in report["tests"] if test["result"] != Word.SKIPPED}
    problems = [
        Problem(name, f"is {test['result']} ({test['reason']}), and nothing explains it")
        for name, test in needy.items()
        if name not in known
    ]
    problems += [
        Problem(name, "is explained, and needs no explanation") for name in sorted(set(known) & judged - set(needy))
    ]
    if problems:
        raise InputError(*problems)
    return {**report, "tests": [_explained(test, known if test["id"] in needy else {}) for test in report["tests"]]}


def _explained(test: Mapping[str, Any], known: Mapping[str, Explanation]) -> dict[str, Any]:  # Any: as above
    if test["id"] not in known:
        return dict(test)
    told = known[test["id"]]
    return {**test, "explained": {"kind": told.kind, "why": told.why, "source": told.source}}


def joined(reports: Iterable[Mapping[str, Any]]) -> dict[str, Any]:  # Any: ConformanceReports
    """Join runs of one implementation, each in its own lab: of every case the first run that was asked for it.

    Args:
        reports: at least one, of the same implementation and version, in order.

    Raises:
        InputError: they are of different ones.
    """
    first, *rest = [dict(report) for report in reports]
    tests = {str(test["id"]): dict(test) for test in first["tests"]}
    environments = {str(env["lab"]): env for env in first.get("environments") or ()}
    for report in rest:
        if report["implementation"] != first["implementation"]:
            got = f"{report['implementation']['project']} {report['implementation']['version']}"
            raise InputError(Problem("runs", f"got {got} beside {first['implementation']['project']}, wanted one"))
        for test in report["tests"]:
            if tests.get(str(test["id"]), test)["result"] == Word.SKIPPED:
                tests[str(test["id"])] = dict(test)
        environments |= {
            str(e["lab"]): e for e in report.get("environments") or () if str(e["lab"]) not in environments
        }
    problems = [problem for report in (first, *rest) for problem in report.get("runProblems") or ()]
    return {**first, "tests": [*tests.values()], "environments": [*environments.values()], "runProblems": problems}
