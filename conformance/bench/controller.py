"""`make bench-controller`: measures a controller and MetalLB's in turns in one lab, and judges the goals.

A run that was stopped goes on with the stage that lacks its end; one that is complete is only judged again, unless
`--fresh` asks for a new one. What was measured is in one history a stage, and judging reads nothing else.

    python -m conformance.bench.controller --lab=l2
    python -m conformance.bench.controller --judge=conformance/out/bench/controller-l2

Exit codes: 0 every goal is met; 1 not every one; 2 the lab or a target failed.

Shell: the lab, files, the terminal, the clock.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from conformance.bench import plot, report
from conformance.bench.drive import Drive
from conformance.bench.goals import Figures, figures, measured
from conformance.bench.plan import Settings, Stage, stages
from conformance.suite.long_run import exit_code, lab_session, run_options
from conformance.suite.run_folder import RunFolder, progress
from conformance.suite.verdict import Outcome

OUT: Final = Path("conformance/out/bench")


class Run:
    """One run and its folder.

    Args:
        out: the folder: settings, one folder a stage, report and picture.
        asked: what to measure.
    """

    def __init__(self, out: Path, asked: Settings) -> None:
        self._folder = RunFolder(out)
        self._asked = asked
        self._say = progress()

    def measure(self, *, fresh: bool) -> None:
        """Drive every stage that has no complete history yet.

        Args:
            fresh: forget what an earlier run measured.

        Raises:
            LbkitError: the lab or a target failed.
        """
        self._folder.open(asdict(self._asked), fresh=fresh)
        for stage in stages(self._asked):
            if self._folder.history(stage.name).is_complete:
                self._say(f"{stage.name}: measured already")
            else:
                self._drive(stage)

    def judge(self) -> Outcome:
        """Judge what was measured; print the report and write it, and the picture.

        Returns:
            The worst of the goals' outcomes.
        """
        found = [one for stage in stages(self._asked) if (one := figures(self._folder.history(stage.name)))]
        run = measured(found, self._asked.subject)
        text = report.render(run, self._title(found))
        out = self._folder.path
        (out / "report.md").write_text(text, encoding="utf-8")
        if found:
            plot.draw(found, out / "assignment.svg", f"{self._asked.services} Services, {self._asked.writers} writers")
        sys.stdout.write(f"\n{text}\nreport, picture and raw samples: {out}\n")
        return report.outcome(run)

    def _drive(self, stage: Stage) -> None:
        def say(text: str) -> None:
            self._say(f"{stage.name}: {text}")

        with lab_session(self._asked.lab, stage.target, self._folder.path, say) as session:
            Drive(stage, session, self._folder.history_path(stage.name), say).run()

    def _title(self, found: list[Figures]) -> str:
        what = f"{self._asked.services} Services by {self._asked.writers} writers in lab {self._asked.lab}"
        cores = f", {found[0].host['cores']:.0f} cores" if found else ""
        return f"Controllers: {what}{cores}"


def main(argv: list[str]) -> int:
    """Measure and judge what the command line says."""
    asked = _parser().parse_args(argv)
    return exit_code(lambda: _judged(asked))


def _judged(asked: argparse.Namespace) -> Outcome:
    if asked.judge:
        return Run(asked.judge, Settings(**RunFolder(asked.judge).recorded())).judge()
    settings = Settings(
        lab=asked.lab,
        subject=asked.target,
        baseline=asked.baseline,
        services=asked.services,
        many=asked.many,
        writers=asked.writers,
        idle_s=asked.idle * 60,
        restarts=asked.restarts,
    )
    run = Run(asked.out or OUT / f"controller-{asked.lab}", settings)
    run.measure(fresh=asked.fresh)
    return run.judge()


def _parser() -> argparse.ArgumentParser:
    default = Settings("l2")
    parser = argparse.ArgumentParser(prog="python -m conformance.bench.controller", description=__doc__.splitlines()[0])
    parser.add_argument("--lab", default=default.lab)
    parser.add_argument("--target", default=default.subject, help="the goals are for it")
    parser.add_argument("--baseline", default=default.baseline, help="compare with it; empty for nothing")
    parser.add_argument("--services", type=int, default=default.services, help="created at once in each stage")
    parser.add_argument("--many", type=int, default=default.many, help="grown to; 0 for no growing and no restarts")
    parser.add_argument("--writers", type=int, default=default.writers, help="requests under way at a time")
    parser.add_argument("--idle", type=float, default=default.idle_s / 60, help="minutes to watch it idle")
    parser.add_argument("--restarts", type=int, default=default.restarts, help="of the controller, when grown")
    return run_options(parser, f"{OUT}/controller-LAB", did="measured")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
