"""Judges targets that are broken on purpose: `make broken`, or `python -m conformance.broken.run [NAME …]`.

For each, the cases that must fail on it run, and a few (`--all`: all) others that must pass. Exit codes: 0 exactly
those failed that had to; 1 not; 2 a lab or the suite failed.

Shell: the suite as a process, the labs, files, the terminal.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

from conformance.broken.table import SWITCHES, Outcome, Switch, controls, expected, render
from conformance.suite import catalog
from conformance.suite.case import LABS, Case
from conformance.suite.observers.process import ROOT
from conformance.targets.broken import TARGETS
from lbkit.errors import InputError, LbkitError, Problem, TargetError

OUT: Final = ROOT / "conformance" / "out" / "broken"
RUN_S: Final = 7200


def judge(switch: Switch, cases: Mapping[str, Case], labs: Iterable[str], *, everything: bool) -> Outcome:
    """Run the suite against one broken target.

    Args:
        switch: how it is broken.
        cases: all there are.
        labs: that may be used.
        everything: run all cases of its labs.

    Raises:
        TargetError: the suite gave no report.
    """
    here = {case_id for case_id, case in cases.items() if case.lab in labs}
    must = expected(switch, cases) & here
    asked = must | (controls(switch, cases, everything=everything) & here)
    out = OUT / switch.name
    report = out / "report.yaml"
    report.unlink(missing_ok=True)
    names = " or ".join(f"test_{case_id.lower().replace('-', '_')}_" for case_id in sorted(asked))
    options = [f"--target=broken-{switch.name}", f"--lab={','.join(switch.labs)}", f"--out={out}", "-k", names, "-q"]
    argv = [sys.executable, "-m", "pytest", "conformance/", *options]
    out.mkdir(parents=True, exist_ok=True)
    with (out / "pytest.log").open("w", encoding="utf-8") as log:
        done = subprocess.run(argv, cwd=ROOT, stdout=log, stderr=log, check=False, timeout=RUN_S)
    if not report.exists():
        raise TargetError(
            f"broken-{switch.name}: the suite gave no report (exit code {done.returncode}), see {log.name}"
        )
    tests: list[dict[str, Any]] = yaml.safe_load(report.read_text(encoding="utf-8"))["tests"]  # Any: YAML
    return Outcome(switch, must, {test["id"]: test["result"] for test in tests if test["id"] in asked})


def heal(labs: Iterable[str]) -> None:
    """Make lbkit whole again where it was broken.

    Raises:
        LbkitError: a lab does not answer, or lbkit does not become ready.
    """
    for lab in labs:
        TARGETS[0].heal(lab)


def main(argv: list[str]) -> int:
    """Judge the broken targets that are named on the command line, or all.

    Returns:
        0, 1 or 2, as above.
    """
    parser = argparse.ArgumentParser(prog="python -m conformance.broken.run", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of switches (default: all): {', '.join(s.name for s in SWITCHES)}")
    parser.add_argument("--lab", default=",".join(LABS), help="comma list of labs that may be used (default: both)")
    parser.add_argument("--all", action="store_true", help="run all cases of a switch's labs beside")
    parser.add_argument("--heal", action="store_true", help="only make lbkit whole again in the labs")
    parser.add_argument("--list", action="store_true", help="only say what must fail")
    asked = parser.parse_args(argv)
    labs = tuple(asked.lab.split(","))
    chosen = [switch for switch in SWITCHES if switch.name in asked.names or not asked.names]
    chosen = [switch for switch in chosen if set(switch.labs) <= set(labs)]
    outcomes: list[Outcome] = []
    try:
        cases = catalog.cases()
        if wrong := set(asked.names) - {switch.name for switch in SWITCHES}:
            raise InputError(Problem(", ".join(sorted(wrong)), "no such switch, see --help"))
        if asked.list:
            for switch in chosen:
                names = ", ".join(sorted(expected(switch, cases))) or "nobody yet"
                sys.stdout.write(f"broken-{switch.name}: {switch.what}\n    noticed by {names}\n")
            return 0
        try:
            for switch in () if asked.heal else chosen:
                outcomes.append(judge(switch, cases, labs, everything=asked.all))
                sys.stdout.write(render((outcomes[-1],)).splitlines()[-1] + "\n")
                sys.stdout.flush()
        finally:
            heal({lab for switch in chosen for lab in switch.labs})
    except (LbkitError, OSError, subprocess.TimeoutExpired) as err:
        sys.stderr.write(f"error: {err}\n")
        return 2
    if asked.heal:
        return 0
    (OUT / "table.md").write_text(render(tuple(outcomes)), encoding="utf-8")
    sys.stdout.write(f"table: {OUT / 'table.md'}\n")
    return int(not all(outcome.is_right for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
