"""`make soak`: random faults for an hour, and two properties that must hold all the time.

Two nodes never answer for one address, or for 150 ms at most while a split heals; and an address is answered for again
within a second, as some eligible node can always be reached. A run that was stopped goes on; `--fresh` begins anew.

    python -m conformance.chaos.layer2.soak --lab=l2 --minutes=60 --seed=1

Exit codes: 0 both held; 1 not; 2 the lab or the target failed.

Shell: the lab, files, the terminal, the clock.
"""

import argparse
import sys
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Final

from conformance.chaos.campaign import Settings
from conformance.chaos.layer2 import table
from conformance.chaos.layer2.losses import SOAKED, Measured, measured
from conformance.chaos.layer2.script import made
from conformance.chaos.layer2.stage import Round, announced
from conformance.suite.long_run import exit_code, lab_session, run_options
from conformance.suite.run_folder import RunFolder, progress
from conformance.suite.verdict import Outcome

OUT: Final = Path("conformance/out/soak")


class Soak:
    """One soak and its folder.

    Args:
        out: the folder: settings, one folder an episode, report.
        asked: of whom, with which seed.
    """

    def __init__(self, out: Path, asked: Settings) -> None:
        self._folder = RunFolder(out)
        self._asked = asked
        self._say = progress()

    def drive(self, minutes: float, *, fresh: bool) -> None:
        """Drive episodes until they have lasted so long, those of an earlier run of equal settings included.

        Args:
            minutes: of episodes, without what lies between them.
            fresh: forget what an earlier run did.

        Raises:
            LbkitError: the lab or the target failed.
        """
        self._folder.open(asdict(self._asked), fresh=fresh)
        lasted_s = sum(one.seconds for one in self.episodes())
        if lasted_s >= 60 * minutes:
            self._say(f"{self._folder.version()} has borne it so long already; --fresh (CHAOS=--fresh) begins anew")
            return
        out = self._folder.path
        with (
            lab_session(self._asked.lab, self._asked.target, out, self._say) as session,
            announced(session, out, self._say) as world,
        ):
            if not self._folder.be_of(session.environment()["targetVersion"]):
                lasted_s = 0.0
            for number in count(1):
                if self._folder.history(_name(number)).is_complete:
                    continue
                episode = made(self._asked.seed, number)
                path = self._folder.history_path(_name(number))
                Round(world, session, path, number, number=number, deed=episode.name).soak(episode)
                one = measured(episode.name, number, self._folder.history(_name(number)), SOAKED)
                lasted_s += one.seconds
                figures = f"silence {one.silence_s:.2f} s, two {one.together_s * 1000:.0f} ms"
                self._say(f"{number} {one.deed}: {one.outcome.name}, {figures}, {lasted_s / 60:.1f} minutes in all")
                if lasted_s >= 60 * minutes:
                    return

    def episodes(self) -> list[Measured]:
        """Measure and judge the episodes that came to their end, in order."""
        found: list[Measured] = []
        for path in sorted(self._folder.path.glob("episode-*")):
            history, number = self._folder.history(path.name), int(path.name.rpartition("-")[2])
            if history.is_complete:
                found.append(measured(made(self._asked.seed, number).name, number, history, SOAKED))
        return found

    def judge(self) -> Outcome:
        """Judge every episode; print the report and write it, with the samples.

        Returns:
            The worst of the episodes' outcomes.
        """
        episodes = self.episodes()
        (self._folder.path / "samples.csv").write_text(table.samples(episodes), encoding="utf-8")
        minutes = sum(one.seconds for one in episodes) / 60
        title = f"Random faults for {minutes:.0f} minutes, lab {self._asked.lab}, seed {self._asked.seed}"
        by_deed = sorted(episodes, key=lambda one: (" + " in one.deed, one.deed))
        text = table.render({self._asked.target: by_deed}, title, SOAKED)
        (self._folder.path / "report.md").write_text(text, encoding="utf-8")
        sys.stdout.write(f"\n{text}\nreport, samples and histories: {self._folder.path}\n")
        return max((one.outcome for one in episodes), default=Outcome.UNKNOWN)


def _name(number: int) -> str:
    return f"episode-{number:04}"


def main(argv: list[str]) -> int:
    """Drive and judge what the command line says."""
    asked = _parser().parse_args(argv)
    return exit_code(lambda: _judged(asked))


def _judged(asked: argparse.Namespace) -> Outcome:
    if asked.judge:
        return Soak(asked.judge, Settings(**RunFolder(asked.judge).recorded())).judge()
    soak = Soak(asked.out or OUT / f"{asked.target}-{asked.lab}", Settings(asked.lab, asked.target, asked.seed))
    soak.drive(asked.minutes, fresh=asked.fresh)
    return soak.judge()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.chaos.layer2.soak", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--lab", default="l2")
    parser.add_argument("--target", default="lbkit", help="whose speakers are hit")
    parser.add_argument("--minutes", type=float, default=60.0, help="of episodes")
    parser.add_argument("--seed", type=int, default=1, help="of everything random")
    return run_options(parser, f"{OUT}/TARGET-LAB")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
