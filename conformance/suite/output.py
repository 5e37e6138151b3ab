"""Gathers the results of a run and writes them: report.yaml, summary.md, junit.xml, report.html.

Shell: files, the clock, git.
"""

import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from conformance.suite import junit, report, summary
from conformance.suite.case import Case
from conformance.suite.observers.process import ROOT
from conformance.suite.page.publish import PAGE, publish
from conformance.suite.plan import Selection, disposition
from conformance.suite.report import Result, Word
from conformance.suite.target import Target


class Output:
    """The results of one run.

    Args:
        out: output directory.
        target: what is judged.
        asked: what the user asked for.
    """

    def __init__(self, out: Path, target: Target, asked: Selection) -> None:
        self._out = out
        self._target = target
        self._asked = asked
        self._results: dict[str, Result] = {}
        self._cases: Mapping[str, Case] = {}
        self._environment: dict[str, Mapping[str, Any]] = {}
        self._report: dict[str, Any] = {}

    def add(self, result: Result) -> None:
        """Take one case's result."""
        self._results[result.id] = result

    def ran_on(self, environment: Mapping[str, Any]) -> None:
        """Take the description of a lab."""
        self._environment[str(environment["lab"])] = environment

    def write(self, cases: Mapping[str, Case], problems: list[str]) -> None:
        """Write the report and its summary; a case without a result was not asked for or not reached.

        Args:
            cases: all there are.
            problems: faults of the run as a whole.
        """
        self._cases = cases
        for case in cases.values():
            if case.id not in self._results:
                default = Result(case.id, Word.SKIPPED, "the run was narrowed down or interrupted before it")
                self._results[case.id] = disposition(case, self._asked) or default
        versions = sorted({str(e.get("targetVersion", "")) for e in self._environment.values()} - {""})
        header = {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "implementation": {
                "organization": self._target.implementation.organization,
                "project": self._target.implementation.project,
                "url": self._target.implementation.url,
                "version": ", ".join(versions),
                "contact": list(self._target.implementation.contact),
            },
            "suite": {"commit": _commit()},
            "claimedFeatures": sorted(self._asked.features),
            "environments": [dict(self._environment[name]) for name in sorted(self._environment)],
            "onlyReported": sorted(result.id for result in self._results.values() if self._is_only_reported(result)),
            "runProblems": problems,
            "reproduce": f"pytest conformance/ --target={self._target.name}",
        }
        self._report = report.build(cases.values(), self._results, header)
        write(self._out, self._report)

    @property
    def exit_code(self) -> int:
        """0 all well, 1 something is not, 5 no case ran."""
        return report.exit_code(
            Word.PASSED if self._is_only_reported(result) else result.word for result in self._results.values()
        )

    def _is_only_reported(self, result: Result) -> bool:
        case = self._cases.get(result.id)
        return case is not None and report.is_only_reported(case, result.word, is_gating=self._asked.is_gating)

    def text(self) -> str:
        """Return the summary and where the files are; a line only if nothing was written."""
        if not self._report:
            return "no report was written"
        return f"{summary.render(self._report)}\nreport: {self._out / 'report.yaml'}\npage: {self._out / PAGE}"


def write(out: Path, built: Mapping[str, Any]) -> None:
    """Write a report as YAML, as Markdown, as JUnit XML, and as a page with the evidence beside it.

    Args:
        out: directory.
        built: the report.

    Raises:
        InputError: a history beside it cannot be read; the other forms are written.
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.yaml").write_text(yaml.safe_dump(dict(built), sort_keys=False, width=120), encoding="utf-8")
    (out / "summary.md").write_text(summary.render(built), encoding="utf-8")
    (out / "junit.xml").write_text(junit.render(built), encoding="utf-8")
    publish([out], out / PAGE)


def _commit() -> str:
    """Return the suite's commit; "" outside a checkout."""
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
