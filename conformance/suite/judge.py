"""Judge saved histories again: `make report HISTORY="RUN …"`, each the folder of a run or a single history file.

With a folder, the reports in it are rewritten with the new verdicts; what ran and where is kept. Several folders also
make one page together (`--page`), with a column for each target.

Shell: files, the terminal.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from conformance.suite import catalog, report
from conformance.suite.case import Case, judge
from conformance.suite.history import load
from conformance.suite.output import write
from conformance.suite.page.publish import PAGE, publish
from conformance.suite.report import Result, Word, judged
from lbkit.errors import InputError, Problem

_KEPT = ("date", "implementation", "suite", "claimedFeatures", "environments", "runProblems", "reproduce")


def judge_file(path: Path, cases: Mapping[str, Case], out: Path) -> Result:
    """Judge one saved history by today's checks.

    Args:
        path: of the history.
        cases: all there are.
        out: directory that evidence is named relative to.

    Raises:
        InputError: it is not a history, or of no known case.
    """
    with path.open(encoding="utf-8") as lines:
        history = load(lines, str(path))
    head = history.last("suite", "case")
    case = cases.get(str(head.data["id"])) if head else None
    if case is None:
        raise InputError(Problem(str(path), "got a history of no known case"))
    seconds = (history.end_ns - history.events[0].t_ns) / 1e9
    beside = [str(p.relative_to(out)) if p.is_relative_to(out) else str(p) for p in sorted(path.parent.iterdir())]
    return judged(case.id, judge(case, history), seconds, tuple(beside))


def rewrite(out: Path, fresh: Mapping[str, Result], cases: Mapping[str, Case]) -> None:
    """Put new verdicts into the report of a directory; the drive's errors and what did not run stay.

    Args:
        out: directory with report.yaml.
        fresh: {id: result}.
        cases: all there are.
    """
    path = out / "report.yaml"
    old: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept = {t["id"]: Result(t["id"], Word(t["result"]), t["reason"], t["seconds"]) for t in old.get("tests", [])}
    changed = {i: r for i, r in fresh.items() if i not in kept or kept[i].word in report.RAN}
    newer = {i: Result(i, Word.SKIPPED, "the case is newer than this run") for i in cases if old and i not in kept}
    header = {key: old[key] for key in _KEPT if key in old}
    write(out, report.build(cases.values(), {**newer, **kept, **changed}, header))


def main(argv: list[str]) -> int:
    """Judge what is named on the command line.

    Returns:
        0 all passed, 1 not all, 2 something cannot be read, 5 there was nothing to judge.
    """
    parser = argparse.ArgumentParser(prog="python -m conformance.suite.judge", description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path, help="folders of runs, or history.jsonl files")
    parser.add_argument("--page", type=Path, help="one page of all the folders (with several: beside the last)")
    asked = parser.parse_args(argv)
    cases = catalog.cases()
    results: list[Result] = []
    folders = [path for path in asked.paths if path.is_dir()]
    try:
        for path in asked.paths:
            files = sorted(path.glob("evidence/*/history.jsonl")) if path.is_dir() else [path]
            found = [judge_file(file, cases, path if path.is_dir() else path.parent) for file in files]
            if path.is_dir() and found:
                rewrite(path, {result.id: result for result in found}, cases)
            results += found
        pages = [folder / PAGE for folder in folders]
        if len(folders) > 1 or (folders and asked.page):
            pages.append(asked.page or folders[-1].parent / PAGE)
            publish(folders, pages[-1])
    except (InputError, OSError) as err:
        sys.stderr.write(f"error: {err}\n")
        return 2
    for result in results:
        sys.stdout.write(f"{result.word.value:8} {result.id}: {result.reason}\n")
    for page in pages:
        sys.stdout.write(f"page: {page}\n")
    return report.exit_code(result.word for result in results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
