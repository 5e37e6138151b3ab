"""`make chaos-controller`: kills the leader with SIGKILL amid creations and deletions, round after round, and judges.

A run that was stopped goes on with the round that lacks its end, unless `--fresh` asks for a new one. Judging reads the
rounds' histories and nothing else.

    python -m conformance.chaos.controller --lab=l2 --rounds=20 --seed=1

Exit codes: 0 every round passed; 1 not every one; 2 the lab or the target failed.

Shell: the lab, files, the terminal, the clock.
"""

import argparse
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from conformance.chaos import report
from conformance.chaos.drive import Drive
from conformance.chaos.script import made
from conformance.suite.long_run import exit_code, lab_session, run_options
from conformance.suite.run_folder import RunFolder, progress
from conformance.suite.session import LabSession
from conformance.suite.verdict import Outcome

OUT: Final = Path("conformance/out/chaos")


@dataclass(frozen=True, slots=True)
class Settings:
    """What was asked for; two runs of equal settings do the same in the same order.

    Args:
        lab: which lab.
        target: whose controller is killed.
        rounds: how many.
        seed: of everything random.
        operations: creations and deletions in a round.
        writers: requests under way at a time.
    """

    lab: str
    target: str = "lbkit"
    rounds: int = 20
    seed: int = 1
    operations: int = 500
    writers: int = 16


class Run:
    """One run and its folder.

    Args:
        out: the folder: settings, one folder a round, report.
        asked: what to do.
    """

    def __init__(self, out: Path, asked: Settings) -> None:
        self._folder = RunFolder(out)
        self._asked = asked
        self._say = progress()

    def drive(self, *, fresh: bool) -> None:
        """Drive every round that has no complete history yet.

        Args:
            fresh: forget what an earlier run did.

        Raises:
            LbkitError: the lab or the target failed.
        """
        self._folder.open(asdict(self._asked), fresh=fresh)
        left = [number for number in self._numbers() if not self._folder.history(_part(number)).is_complete]
        if not left:
            self._say(
                f"every round of {self._folder.version()} was driven already; --fresh (CHAOS=--fresh) begins anew"
            )
            return
        with lab_session(self._asked.lab, self._asked.target, self._folder.path, self._say) as session:
            is_same = self._folder.be_of(session.environment()["targetVersion"])
            for number in left if is_same else self._numbers():
                self._round(number, session)

    def judge(self) -> Outcome:
        """Judge every round; print the report and write it.

        Returns:
            The worst of the rounds' outcomes.
        """
        rounds = [report.judged(number, self._folder.history(_part(number))) for number in self._numbers()]
        what = f"{self._asked.target}: {self._asked.rounds} times its leader killed"
        amid = f"{self._asked.operations} creations and deletions by {self._asked.writers} writers"
        text = report.render(rounds, f"{what} amid {amid}, lab {self._asked.lab}, seed {self._asked.seed}")
        (self._folder.path / "report.md").write_text(text, encoding="utf-8")
        sys.stdout.write(f"\n{text}\nreport and histories: {self._folder.path}\n")
        return report.outcome(rounds)

    def _round(self, number: int, session: LabSession) -> None:
        asked = made(self._asked.seed, number, operations=self._asked.operations, writers=self._asked.writers)
        path = self._folder.history_path(_part(number))
        Drive(asked, session, path, lambda text: self._say(f"round {number}: {text}")).run()
        judged = report.judged(number, self._folder.history(_part(number)))
        seconds = "never" if judged.takeover_s is None else f"{judged.takeover_s:.2f} s"
        self._say(f"round {number}: {judged.outcome.name}, take-over {seconds}")

    def _numbers(self) -> range:
        return range(1, self._asked.rounds + 1)


def _part(number: int) -> str:
    return f"round-{number:02}"


def main(argv: list[str]) -> int:
    """Drive and judge what the command line says."""
    asked = _parser().parse_args(argv)
    return exit_code(lambda: _judged(asked))


def _judged(asked: argparse.Namespace) -> Outcome:
    if asked.judge:
        return Run(asked.judge, Settings(**RunFolder(asked.judge).recorded())).judge()
    settings = Settings(asked.lab, asked.target, asked.rounds, asked.seed, asked.operations, asked.writers)
    run = Run(asked.out or OUT / f"{asked.target}-{asked.lab}", settings)
    run.drive(fresh=asked.fresh)
    return run.judge()


def _parser() -> argparse.ArgumentParser:
    default = Settings("l2")
    parser = argparse.ArgumentParser(prog="python -m conformance.chaos.controller", description=__doc__.splitlines()[0])
    parser.add_argument("--lab", default=default.lab)
    parser.add_argument("--target", default=default.target, help="whose controller is killed")
    parser.add_argument("--rounds", type=int, default=default.rounds, help="at most 512")
    parser.add_argument("--seed", type=int, default=default.seed, help="of everything random")
    parser.add_argument("--operations", type=int, default=default.operations, help="in a round")
    parser.add_argument("--writers", type=int, default=default.writers, help="requests under way at a time")
    return run_options(parser, f"{OUT}/TARGET-LAB")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
