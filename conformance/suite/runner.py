"""Runs one case: opens its world, lets it drive, drains the observers, judges, keeps the evidence.

Shell: the world's, and files.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from conformance.suite.case import Case, judge
from conformance.suite.history import History
from conformance.suite.pcap import render
from conformance.suite.recorder import Recorder, Stopped
from conformance.suite.report import SUITE_VERSION, Result, judged
from conformance.suite.session import LabSession
from conformance.suite.world import World


class CaseRun:
    """One case on its way through the run.

    Args:
        case: which case.
        path: of its Python file.
        session: the lab it runs in.
        out: output directory.
        say: prints progress.
    """

    def __init__(self, case: Case, path: Path, session: LabSession, out: Path, say: Callable[[str], None]) -> None:
        self.case = case
        self.session = session
        self._out = out
        self._folder = out / "evidence" / case.id
        self._recorder = Recorder(self._folder / "history.jsonl")
        self._recorder.record(
            "suite",
            "case",
            id=case.id,
            title=case.title,
            target=session.target.name,
            lab=session.name,
            wall_ns=time.time_ns(),
            suite=SUITE_VERSION,
            features=sorted(session.asked.features),
        )
        self._recorder.record("suite", "target", **session.target.declared.fields())
        self._recorder.record("lab", "facts", **session.described)
        self.world = World(case, path, session, self._recorder, say)
        self._began_s = time.monotonic()

    def open(self) -> None:
        """Make the case's namespace; the drive's time starts after that."""
        self.world.open()
        self._began_s = time.monotonic()

    @contextlib.contextmanager
    def driving(self) -> Iterator[None]:
        """Surround the drive: a stop is written down, and the observers are drained in any case."""
        try:
            yield
        except Stopped as stop:
            self._recorder.record("suite", "stopped", reason=str(stop))
        self.world.finish()

    def judge(self) -> Result:
        """End the history, judge it, and keep the evidence."""
        seconds = time.monotonic() - self._began_s
        history = self._recorder.close()
        evidence = [str(self._recorder.path.relative_to(self._out)), *self._pcap(history)]
        return judged(self.case.id, judge(self.case, history), seconds, tuple(evidence))

    def abandon(self) -> None:
        """Stop what is still running after the drive broke; the case is an error already."""
        for stop in (self.world.traffic.stop, self.world.sctp.stop, self.world.wire.stop, self.world.routers.stop):
            with contextlib.suppress(Exception):  # the first fault is the one to report
                stop()

    def close(self) -> None:
        """Remove what the case made, and the history's file handle."""
        try:
            self.world.clean()
        finally:
            self._recorder.close()

    def _pcap(self, history: History) -> list[str]:
        frames = [(event.t_ns, bytes.fromhex(event.data["hex"])) for event in history.of("wire", "frame")]
        head = history.last("suite", "case")
        if not frames or head is None:
            return []
        path = self._folder / "wire.pcap"
        path.write_bytes(render(frames, head.data["wall_ns"] - head.t_ns))
        return [str(path.relative_to(self._out))]
