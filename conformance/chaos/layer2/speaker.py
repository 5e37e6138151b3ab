"""`make chaos-speaker`: what may befall the owner of an address, round after round, and what clients notice of it.

A run that was stopped goes on with the round that lacks its end, unless `--fresh` asks for a new one. Judging reads the
rounds' histories and nothing else; other targets' runs in the same place are put beside it.

    python -m conformance.chaos.layer2.speaker --lab=l2 --rounds=20

Exit codes: 0 every round passed; 1 not every one; 2 the lab or the target failed.

Shell: the lab, files, the terminal, the clock.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from conformance.chaos.layer2 import plot, table
from conformance.chaos.layer2.losses import PLANNED, UNPLANNED, Measured, checks_of, measured
from conformance.chaos.layer2.stage import Round, announced
from conformance.suite.deeds import DEEDS
from conformance.suite.long_run import exit_code, lab_session, run_options
from conformance.suite.run_folder import RunFolder, progress
from conformance.suite.session import LabSession
from conformance.suite.verdict import Outcome
from conformance.suite.world import World

OUT: Final = Path("conformance/out/chaos-speaker")
ASKED: Final = (
    *("links-lost", "interface-down", "killed", "frozen"),
    *("drain", "cordon-evict", "rolling-restart", "controller-restart"),
)
"""Issue 5's list, in its order."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was asked for; two runs of equal settings do the same in the same order.

    Args:
        lab: which lab.
        target: whose speakers are hit.
        seed: of everything random.
    """

    lab: str
    target: str = "lbkit"
    seed: int = 1


class Run:
    """One run and its folder.

    Args:
        out: the folder: settings, one folder a round, report.
        asked: of whom.
        deeds: what happens, by name.
        rounds: how often each.
    """

    def __init__(self, out: Path, asked: Settings, deeds: Sequence[str], rounds: int) -> None:
        self._folder = RunFolder(out)
        self._asked = asked
        self._parts = [(deed, number) for deed in deeds for number in range(1, rounds + 1)]
        self._say = progress()

    def drive(self, *, fresh: bool) -> None:
        """Drive every round that has no complete history yet.

        Args:
            fresh: forget what an earlier run did.

        Raises:
            LbkitError: the lab or the target failed.
        """
        self._folder.open(asdict(self._asked), fresh=fresh)
        left = [part for part in self._parts if not self._folder.history(_name(*part)).is_complete]
        if not left:
            self._say("every round was driven already")
            return
        out = self._folder.path
        with (
            lab_session(self._asked.lab, self._asked.target, out, self._say) as session,
            announced(session, out, self._say) as world,
        ):
            for deed, number in left:
                self._round(deed, number, session, world)

    def judge(self) -> Outcome:
        """Judge every round; print the report and write it, with the samples and a plot.

        Returns:
            The worst of the rounds' outcomes.
        """
        rounds = driven(self._folder.path)
        (self._folder.path / "samples.csv").write_text(table.samples(rounds), encoding="utf-8")
        runs = {self._asked.target: rounds} | self._beside()
        title = f"Owners lost, lab {self._asked.lab}"
        checks = {check.name: check for check in (*UNPLANNED, *PLANNED)}
        text = table.render(runs, title, tuple(checks.values()))
        (self._folder.path / "report.md").write_text(text, encoding="utf-8")
        plot.draw(runs, self._folder.path / "report.svg", title)
        sys.stdout.write(f"\n{text}\nreport, samples, plot and histories: {self._folder.path}\n")
        return max((one.outcome for one in rounds), default=Outcome.UNKNOWN)

    def _beside(self) -> dict[str, list[Measured]]:
        """Read the runs of other targets in the same lab that are in the same place."""
        found: dict[str, list[Measured]] = {}
        for path in sorted(self._folder.path.parent.iterdir()):
            settings = RunFolder(path).settings()
            if path != self._folder.path and settings.get("lab") == self._asked.lab:
                found[str(settings["target"])] = driven(path)
        return found

    def _round(self, deed: str, number: int, session: LabSession, world: World) -> None:
        path = self._folder.history_path(_name(deed, number))
        seed = self._asked.seed + number
        Round(world, session, path, seed, number=number, deed=deed).befall(DEEDS[deed])
        one = measured(deed, number, self._folder.history(_name(deed, number)), checks_of(deed))
        figures = f"outage {one.outage_s:.2f} s, {one.failed} lost, silence {one.silence_s:.2f} s"
        self._say(f"{deed} {number}: {one.outcome.name}, {figures}, two {one.together_s * 1000:.0f} ms")


def driven(path: Path) -> list[Measured]:
    """Measure and judge the rounds in a run's folder, in the order of the deeds."""
    folder, found = RunFolder(path), []
    for deed in DEEDS:
        for part in sorted(path.glob(f"{deed}-[0-9][0-9]")):
            history = folder.history(part.name)
            if history.is_complete:
                found.append(measured(deed, int(part.name[-2:]), history, checks_of(deed)))
    return found


def _name(deed: str, number: int) -> str:
    return f"{deed}-{number:02}"


def main(argv: list[str]) -> int:
    """Drive and judge what the command line says."""
    asked = _parser().parse_args(argv)
    return exit_code(lambda: _judged(asked))


def _judged(asked: argparse.Namespace) -> Outcome:
    if asked.judge:
        return Run(asked.judge, Settings(**RunFolder(asked.judge).recorded()), (), 0).judge()
    settings = Settings(asked.lab, asked.target, asked.seed)
    run = Run(asked.out or OUT / f"{asked.target}-{asked.lab}", settings, asked.deeds, asked.rounds)
    run.drive(fresh=asked.fresh)
    return run.judge()


def _parser() -> argparse.ArgumentParser:
    default = Settings("l2")
    parser = argparse.ArgumentParser(
        prog="python -m conformance.chaos.layer2.speaker", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--lab", default=default.lab)
    parser.add_argument("--target", default=default.target, help="whose speakers are hit")
    parser.add_argument("--rounds", type=int, default=20, help="of each deed, at most 99")
    parser.add_argument("--deeds", nargs="+", default=list(ASKED), choices=sorted(DEEDS), help="what happens")
    parser.add_argument("--seed", type=int, default=default.seed, help="of everything random")
    return run_options(parser, f"{OUT}/TARGET-LAB")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
