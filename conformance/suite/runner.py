"""Runs one case: opens its world, lets it drive, drains the observers, judges, keeps the evidence.

Shell: the world's, and files.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from conformance.suite import evidence, seen
from conformance.suite.case import Case, judge
from conformance.suite.history import History
from conformance.suite.observers import stillness
from conformance.suite.observers.process import Witness
from conformance.suite.recorder import Recorder, Stopped
from conformance.suite.report import BAD, SUITE_VERSION, Result, Word, judged
from conformance.suite.session import LabSession
from conformance.suite.world import World
from lbkit.errors import LbkitError


class CaseRun:
    """One case on its way through the run.

    Args:
        case: which case.
        path: of its Python file.
        session: the lab it runs in.
        out: output directory.
        say: prints progress.
        again: it is driven for the second time; the evidence of the first is kept.
    """

    def __init__(
        self, case: Case, path: Path, session: LabSession, out: Path, say: Callable[[str], None], *, again: bool = False
    ) -> None:
        self.case = case
        self.session = session
        self._out = out
        self._folder = out / "evidence" / case.id
        if again:
            before = self._folder.rename(self._folder.with_name(f"{case.id}-first"))
            self._folder.mkdir()
            before.rename(self._folder / "first")
        self._recorder = Recorder(self._folder / "history.jsonl")
        self.still_s = 0.0
        """The longest that the machine stood still while the case was driven, seconds."""
        self._wall_ns = time.time_ns()
        self._recorder.record(
            "suite",
            "case",
            id=case.id,
            title=case.title,
            target=session.target.name,
            lab=session.name,
            wall_ns=self._wall_ns,
            suite=SUITE_VERSION,
            features=sorted(session.asked.features),
        )
        self._recorder.record("suite", "target", **session.target.declared.fields())
        self._recorder.record("lab", "facts", **session.described)
        self.world = World(case, path, session, self._recorder, say)
        self._stillness: Witness | None = None
        self._say = say
        self._began_s = time.monotonic()

    def open(self) -> None:
        """Make the case's namespace, and watch the machine; the drive's time starts after that."""
        self._stillness = Witness(self._recorder, [], stillness.__name__, {})
        self.world.open()
        self._began_s = time.monotonic()

    @contextlib.contextmanager
    def driving(self) -> Iterator[None]:
        """Surround the drive: a stop is written down, and the observers are drained in any case."""
        try:
            yield
        except Stopped as stop:
            self._recorder.record("suite", "stopped", reason=str(stop))
        self._watch_no_longer()
        self.world.finish()

    def judge(self) -> Result:
        """End the history, judge it, keep the evidence; where a part of the lab died meanwhile, the lab is at fault.

        Raises:
            TargetError: the history could not be written whole.
        """
        seconds = time.monotonic() - self._began_s
        history = self._recorder.close()
        result = judged(self.case.id, judge(self.case, history), seconds, ())
        self.still_s = seen.still_s(history)
        if result.word in BAD and (gone := self._gone(history)):
            reason = f"lab {self.session.name} broke while the case was driven: {gone}; its checks said {result.word}"
            result = replace(result, word=Word.ERROR, reason=f"{reason}: {result.reason}")
        return replace(result, evidence=self.keep(with_logs=result.word is not Word.PASSED))

    def keep(self, *, with_logs: bool) -> tuple[str, ...]:
        """Keep what may tell a reader why; what of it cannot be had is said in its place.

        Args:
            with_logs: of the target, too.

        Returns:
            The case's files, relative to the output directory.
        """
        history = History(self._recorder.events())
        try:
            if packets := evidence.frames(history):
                (self._folder / "wire.pcap").write_bytes(packets)
            if objects := evidence.manifests(history):
                (self._folder / "manifests.yaml").write_text(objects, encoding="utf-8")
            if with_logs:
                evidence.logs(self.session.kube, self.session.target, self._wall_ns, self._folder / "logs")
        except (LbkitError, OSError) as err:
            self._say(f"{self.case.id}: its evidence is not whole: {err}")
        files = sorted(file for file in self._folder.rglob("*") if file.is_file())
        return tuple(str(file.relative_to(self._out)) for file in files)

    def _gone(self, history: History) -> str:
        """Name the parts of the lab that died without the drive's doing; "" if there are none."""
        faults = {str(value) for event in history.events if event.source == "fault" for value in event.data.values()}
        try:
            gone = self.session.gone()
        except LbkitError as err:
            return str(err)
        return ", ".join(what for name, what in gone.items() if name not in faults)

    @property
    def has_harmed(self) -> bool:
        """Whether the drive did something to the target or to what it runs on."""
        return any(event.source == "fault" for event in self._recorder.events())

    def abandon(self) -> None:
        """Stop what is still running after the drive broke; the case is an error already."""
        for stop in (
            self._watch_no_longer,
            self.world.traffic.stop,
            self.world.sctp.stop,
            self.world.wire.stop,
            self.world.routers.stop,
        ):
            with contextlib.suppress(Exception):  # the first fault is the one to report
                stop()
        self.world.namespaces.leave()

    def _watch_no_longer(self) -> None:
        if self._stillness:
            self._stillness.stop()
            self._stillness = None

    def close(self) -> None:
        """Remove what the case made, and the history's file handle."""
        try:
            self.world.clean()
        finally:
            self._recorder.release()
