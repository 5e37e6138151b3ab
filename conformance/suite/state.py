"""What one pytest process knows about the run: what was asked, the labs it holds, what became of the cases so far.

Shell: the labs', files, the terminal, the clock.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from filelock import FileLock

from conformance.suite import catalog, place, targets
from conformance.suite.case import LABS, Case
from conformance.suite.features import claimed
from conformance.suite.output import Output
from conformance.suite.plan import Selection, shared_out
from conformance.suite.profiles import chosen
from conformance.suite.report import Result, Word
from conformance.suite.session import LabSession
from conformance.suite.target import Target
from lbkit.errors import InputError, LbkitError, Problem

FOLDER: Final = "conformance-folder"
"""What tells xdist's workers the run's folder."""
OUT: Final = catalog.CASES.parent / "out"
"""Where runs are kept, each in a folder of its own; `latest` is a link to the newest."""


class State:
    """The run, as one process sees it.

    Args:
        config: of pytest.
        asks_cases: whether cases were asked for at all.

    Raises:
        InputError: an option, a target or a case file cannot be used; carries every problem of the first of these.
    """

    def __init__(self, config: pytest.Config, *, asks_cases: bool) -> None:
        option = config.option
        self.config = config
        self.asks_cases = asks_cases
        self.target: Target = targets.chosen(option.target)
        self.is_worker = hasattr(config, "workerinput")
        self.out = self._folder(option.out)
        self.asked = Selection(
            _labs(option.lab),
            chosen(option.profile),
            claimed(self.target.features, option.features),
            option.seed,
            option.slow,
            option.provisional,
            option.gate,
            option.core,
        )
        self.given = self._cluster(option.kubeconfig, option.facts)
        self.cases: dict[str, Case] = catalog.cases() if asks_cases else {}
        if self._workers() > 1:
            self.cases = shared_out(self.cases, self.asked)
        self.keep: bool = option.keep
        self.is_ahead: bool = option.ahead
        self.sessions: dict[str, LabSession] = {}
        self.problems: list[str] = []
        self.is_kept = False
        self.doubted: dict[str, str] = {}
        self.broken: dict[str, str] = {}
        self.done: dict[str, Word] = {}
        self.running = ""
        self.output = Output(self.out, self.target, self.asked)

    def _folder(self, option: str) -> Path:
        """Choose the run's folder; workers use the one of their controller, where that runs cases."""
        if self.is_worker:
            option = self.config.workerinput.get(FOLDER, "")  # type: ignore[attr-defined] # xdist adds it
        return Path(option).resolve() if option else OUT / f"{self.target.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"

    def _workers(self) -> int:
        """Say how many processes drive labs side by side (pytest -n)."""
        if self.is_worker:
            return int(self.config.workerinput["workercount"])  # type: ignore[attr-defined] # xdist adds it
        return int(self.config.getoption("numprocesses", None) or 0)

    def _cluster(self, kubeconfig: str, facts: str) -> place.Cluster | None:
        """Read what is said of a cluster that one already has; None where labs are to be used."""
        if bool(kubeconfig) != bool(facts):
            raise InputError(Problem("--kubeconfig, --facts", "got one of them, wanted both (conformance/README.md)"))
        if not kubeconfig or not self.asks_cases:
            return None
        given = place.cluster(Path(kubeconfig).resolve(), Path(facts))
        if given.facts.name not in LABS:
            raise InputError(Problem(facts, f"got the name {given.facts.name}, wanted that of {' or '.join(LABS)}"))
        self.asked = replace(self.asked, labs=self.asked.labs & {given.facts.name})
        return given

    def bring_up(self, needed: Iterable[str]) -> None:
        """Bring up all labs that are driven side by side, before a case runs in any: none is judged beside a start.

        What does not come up is said where its first case asks for it.

        Args:
            needed: names of labs.
        """
        with FileLock(place.LOCKS / "lbkit-conformance-up.lock"):  # the other workers find them up
            for name in sorted(needed, key=LABS.index):
                try:
                    place.Lab(name, self.out, self.say).close()
                except LbkitError as err:
                    self.say(str(err))

    def session(self, lab: str) -> LabSession:
        """Return the lab's session, bringing the lab up for its first case; it is fit for another case.

        Cases come lab by lab, so the lab before is given back first: a host may hold only one at a time.

        Raises:
            LbkitError: the lab cannot be used; its other cases will be blocked.
        """
        try:
            if lab in self.sessions:
                self.sessions[lab].ensure()
            else:
                self.give_back()
                self.sessions[lab] = LabSession(
                    lab, self.target, self.asked, self.out, parked=OUT, given=self.given, say=self.say
                )
        except Exception as err:
            self.broken[lab] = str(err) if isinstance(err, LbkitError) else f"{type(err).__name__}: {err}"
            raise
        return self.sessions[lab]

    def give_back(self) -> None:
        """Restore what was set aside in the labs; a lab that cannot be is named in the report.

        After --keep it stays aside, for the objects of the kept case to work on; the next run restores it.
        """
        while self.sessions and not self.is_kept:
            name, lab = self.sessions.popitem()
            try:
                lab.close()
            except LbkitError as err:
                self.problems.append(f"lab {name} could not be given back as it was: {err}")
            except KeyboardInterrupt:
                self.problems.append(f"lab {name} was not given back as it was: interrupted again; the next run does")

    def write(self) -> None:
        """Write the report; what it could not be written to is said instead.

        A case that was interrupted has no verdict, and the labs may be the reason.
        """
        if self.running and self.running not in self.done:
            self.output.add(Result(self.running, Word.SKIPPED, "the run was interrupted while it was driven"))
        try:
            self.output.write(self.cases, self.problems)
            if self.out.parent == OUT:
                link = OUT / "latest"
                link.unlink(missing_ok=True)
                link.symlink_to(self.out.name)
        except (InputError, OSError) as err:
            self.problems.append(f"the report in {self.out} is not whole: {err}")

    def say(self, text: str) -> None:
        """Show progress under -v; workers have no terminal."""
        plugins = self.config.pluginmanager
        reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
        if reporter and capture and not self.is_worker and self.config.option.verbose > 0:
            with capture.global_and_fixture_disabled():
                reporter.write_line(f"    {text}")


def _labs(option: str) -> frozenset[str]:
    """Read `--lab`."""
    names = frozenset(name.strip() for name in option.split(",") if name.strip())
    if wrong := sorted(names - set(LABS)):
        raise InputError(Problem("--lab", f"got {', '.join(wrong)}, wanted some of {', '.join(LABS)}"))
    return names or frozenset(LABS)
