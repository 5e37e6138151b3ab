"""A run of many rounds of one kind: driven, gone on with where it was stopped, judged, and put beside other targets'.

Judging reads the rounds' histories and nothing else; other targets' runs in the same place are put beside it.

Shell: the lab, files, the terminal, the clock.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from conformance.suite.history import History
from conformance.suite.long_run import exit_code, lab_session, run_options
from conformance.suite.run_folder import RunFolder, progress
from conformance.suite.session import LabSession
from conformance.suite.verdict import Outcome
from conformance.suite.world import World


class Judged(Protocol):
    """One round, measured and judged."""

    @property
    def deed(self) -> str:
        """What happened, by name."""

    @property
    def outcome(self) -> Outcome:
        """The worst of its findings."""


One = TypeVar("One", bound=Judged)
Runs = Mapping[str, Sequence[One]]
"""{target: its rounds, those of a deed after one another}."""


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


@dataclass(frozen=True, slots=True)
class Part:
    """One round to drive.

    Args:
        deed: what happens, by name.
        number: of the round, from 1.
        seed: of everything random in it.
        path: of its history.
    """

    deed: str
    number: int
    seed: int
    path: Path


@dataclass(frozen=True)
class Kind(Generic[One]):
    """What rounds of one kind are.

    Args:
        module: that is run, for the help.
        about: one line, for the help.
        out: where runs have their folders.
        lab: default.
        title: of the report, which the lab's name follows.
        deeds: {name: title} of all that may happen, in the order of tables.
        asked: names of what happens if nothing else is asked for.
        stage: announces what is watched, while a run lasts.
        befall: drives one round.
        measured: measures and judges one round: (deed, number, history).
        told: one round's figures in a line.
        render: the report, from runs and title.
        samples: all rounds as comma-separated values.
        draw: a plot of runs, with a title, into a file.
    """

    module: str
    about: str
    out: Path
    lab: str
    title: str
    deeds: Sequence[str]
    asked: Sequence[str]
    stage: Callable[[LabSession, Path, Callable[[str], None]], AbstractContextManager[World]]
    befall: Callable[[World, LabSession, Part], None]
    measured: Callable[[str, int, History], One]
    told: Callable[[One], str]
    render: Callable[[Runs[One], str], str]
    samples: Callable[[Sequence[One]], str]
    draw: Callable[[Runs[One], Path, str], None]


class Campaign(Generic[One]):
    """One run and its folder.

    Args:
        kind: of its rounds.
        out: the folder: settings, one folder a round, report.
        asked: of whom.
        deeds: what happens, by name.
        rounds: how often each.
    """

    def __init__(self, kind: Kind[One], out: Path, asked: Settings, deeds: Sequence[str], rounds: int) -> None:
        self._kind = kind
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
            self._say(
                f"every round of {self._folder.version()} was driven already; --fresh (CHAOS=--fresh) begins anew"
            )
            return
        out = self._folder.path
        with (
            lab_session(self._asked.lab, self._asked.target, out, self._say) as session,
            self._kind.stage(session, out, self._say) as world,
        ):
            is_same = self._folder.be_of(session.environment()["targetVersion"])
            for deed, number in left if is_same else self._parts:
                name = _name(deed, number)
                part = Part(deed, number, self._asked.seed + number, self._folder.history_path(name))
                self._kind.befall(world, session, part)
                one = self._kind.measured(deed, number, self._folder.history(name))
                self._say(f"{deed} {number}: {one.outcome.name}, {self._kind.told(one)}")

    def judge(self) -> Outcome:
        """Judge every round; print the report and write it, with the samples and a plot.

        Returns:
            The worst of the rounds' outcomes.
        """
        kind, path = self._kind, self._folder.path
        rounds = driven(kind, path)
        (path / "samples.csv").write_text(kind.samples(rounds), encoding="utf-8")
        runs = {self._asked.target: rounds} | self._beside()
        title = f"{kind.title}, lab {self._asked.lab}"
        text = kind.render(runs, title)
        (path / "report.md").write_text(text, encoding="utf-8")
        kind.draw(runs, path / "report.svg", title)
        sys.stdout.write(f"\n{text}\nreport, samples, plot and histories: {path}\n")
        return max((one.outcome for one in rounds), default=Outcome.UNKNOWN)

    def _beside(self) -> dict[str, list[One]]:
        """Read the runs of other targets in the same lab that are in the same place."""
        found: dict[str, list[One]] = {}
        for path in sorted(self._folder.path.parent.iterdir()):
            settings = RunFolder(path).settings()
            if path != self._folder.path and settings.get("lab") == self._asked.lab:
                found[str(settings["target"])] = driven(self._kind, path)
        return found


def driven(kind: Kind[One], path: Path) -> list[One]:
    """Measure and judge the rounds in a run's folder, in the order of the deeds."""
    folder, found = RunFolder(path), []
    for deed in kind.deeds:
        for part in sorted(path.glob(f"{deed}-[0-9][0-9]")):
            history = folder.history(part.name)
            if history.is_complete:
                found.append(kind.measured(deed, int(part.name[-2:]), history))
    return found


def _name(deed: str, number: int) -> str:
    return f"{deed}-{number:02}"


def run(kind: Kind[Any], argv: list[str]) -> int:  # Any: rounds of whatever kind
    """Drive and judge what a command line says.

    Returns:
        Exit code: 0 every round passed; 1 not every one; 2 the lab or the target failed.
    """
    asked = _parser(kind).parse_args(argv)
    return exit_code(lambda: _judged(kind, asked))


def _judged(kind: Kind[Any], asked: argparse.Namespace) -> Outcome:  # Any: rounds of whatever kind
    if asked.judge:
        return Campaign(kind, asked.judge, Settings(**RunFolder(asked.judge).recorded()), (), 0).judge()
    settings = Settings(asked.lab, asked.target, asked.seed)
    campaign = Campaign(
        kind, asked.out or kind.out / f"{asked.target}-{asked.lab}", settings, asked.deeds, asked.rounds
    )
    campaign.drive(fresh=asked.fresh)
    return campaign.judge()


def _parser(kind: Kind[Any]) -> argparse.ArgumentParser:  # Any: rounds of whatever kind
    default = Settings(kind.lab)
    parser = argparse.ArgumentParser(prog=f"python -m {kind.module}", description=kind.about)
    parser.add_argument("--lab", default=default.lab)
    parser.add_argument("--target", default=default.target, help="whose speakers are hit")
    parser.add_argument("--rounds", type=int, default=20, help="of each deed, at most 99")
    parser.add_argument("--deeds", nargs="+", default=list(kind.asked), choices=sorted(kind.deeds), help="what happens")
    parser.add_argument("--seed", type=int, default=default.seed, help="of everything random")
    return run_options(parser, f"{kind.out}/TARGET-LAB")
