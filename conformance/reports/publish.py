"""Publishes runs: `make publish RUNS="conformance/out/RUN …"`; each verdict that is not a pass has to be explained.

Runs of one implementation, each in its own lab, become one report. Beside the reports of all, one page is written.
Exit codes: 0 published; 1 something is not explained, or needlessly; 2 a run cannot be read.

Shell: files, the terminal.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from conformance.suite import catalog, report, summary
from conformance.suite.explained import Explanation, explain, joined, parse
from conformance.suite.page.publish import PAGE, Run, read, render
from conformance.suite.report import Result, Word
from lbkit.errors import InputError

HERE: Final = Path(__file__).resolve().parent
EXPLAINED: Final = "explained.yaml"
RAW_LIMIT: Final = 2_000_000
"""Bytes of packed histories in the published page: it lives in the repository."""
_HEADER: Final = ("date", "implementation", "suite", "claimedFeatures", "environments", "runProblems", "reproduce")


def recounted(told: dict[str, Any]) -> dict[str, Any]:  # Any: a ConformanceReport
    """Count a joined report anew, over the cases that there are today."""
    tests = {str(test["id"]): test for test in told["tests"]}
    results = {
        name: Result(name, Word(test["result"]), test["reason"], test["seconds"]) for name, test in tests.items()
    }
    cases = catalog.cases()
    newer = {name: Result(name, Word.SKIPPED, "the case is newer than this run") for name in cases if name not in tests}
    header: dict[str, Any] = {key: told[key] for key in _HEADER if key in told}  # Any: as above
    built = report.build(cases.values(), {**newer, **results}, header)
    return {**built, "tests": [tests.get(str(test["id"]), test) for test in built["tests"]]}


def publish(runs: Sequence[Run], known: dict[str, dict[str, Explanation]], out: Path) -> list[str]:
    """Write reports and page.

    Args:
        runs: of one or more implementations.
        known: {project: {case id: explanation}}.
        out: folder; each project has one in it.

    Returns:
        What is wrong with the explanations; nothing is written unless this is empty.
    """
    by_project: dict[str, list[Run]] = {}
    for run in runs:
        by_project.setdefault(str(run.report["implementation"]["project"]), []).append(run)
    problems: list[str] = []
    reports: dict[str, dict[str, Any]] = {}  # Any: ConformanceReports
    for project, its in by_project.items():
        try:
            reports[project] = explain(recounted(joined(run.report for run in its)), known.get(project, {}))
        except InputError as err:
            problems += [f"{project} {problem}" for problem in err.problems]
    if problems:
        return problems
    for project, told in reports.items():
        folder = out / project
        folder.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(told, sort_keys=False, width=120, allow_unicode=True)
        (folder / "report.yaml").write_text(text, encoding="utf-8")
        (folder / "summary.md").write_text(summary.render(told), encoding="utf-8")
        explained = {test["id"]: test["explained"] for test in told["tests"] if "explained" in test}
        for run in by_project[project]:
            for test in run.report["tests"]:
                if test["id"] in explained and test["result"] != Word.SKIPPED:
                    test["explained"] = explained[test["id"]]
    (out / PAGE).write_text(render(runs, raw_limit=RAW_LIMIT), encoding="utf-8")
    return []


def main(argv: list[str]) -> int:
    """Publish the runs that are named on the command line.

    Returns:
        0, 1 or 2, as above.
    """
    parser = argparse.ArgumentParser(prog="python -m conformance.reports.publish", description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, help="folders of runs")
    parser.add_argument("--to", type=Path, default=HERE, help="folder (default: conformance/reports)")
    asked = parser.parse_args(argv)
    try:
        path = HERE / EXPLAINED
        known = parse(yaml.safe_load(path.read_text(encoding="utf-8")), str(path))
        problems = publish([read(folder) for folder in asked.runs], known, asked.to)
    except (InputError, OSError, yaml.YAMLError) as err:
        sys.stderr.write(f"error: {err}\n")
        return 2
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if problems:
        sys.stderr.write(f"nothing is published; explanations are in {path}\n")
        return 1
    sys.stdout.write(f"published in {asked.to}; page: {asked.to / PAGE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
