"""Drives one round: writers at work, the leader killed among them, then the pool filled to its brim.

Everything done and seen goes into the round's history; nothing is judged here.

Shell: the API server, threads, the clock.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Final

from conformance.chaos.script import Operation, Round
from conformance.suite.crowd import Crowd
from conformance.suite.faults import Faults
from conformance.suite.load import Load
from conformance.suite.recorder import Stopped
from conformance.suite.session import LabSession
from conformance.suite.tally import Tally

ROLE: Final = "controller"
NAME: Final = "chaos"
QUIET, BRIM = "quiet", "brim"
"""Moments of a round: when the writers have ended and things came to rest, and when the pool was filled after that."""
REST_S: Final = 60.0
"""Until everybody who can be served is; what is not by then is seen at the mark."""
HOLD_S: Final = 2.0
"""How long it is watched after that: a second address, or one taken back, would come in the first moments."""
OVER: Final = 8
"""How many more Services than addresses there are at the brim."""
_LOOK_S: Final = 0.001


class Drive:
    """One round on its way.

    Args:
        asked: the round.
        session: the lab, with the target in it.
        path: of the history to write.
        say: prints progress.
    """

    def __init__(self, asked: Round, session: LabSession, path: Path, say: Callable[[str], None]) -> None:
        self._round = asked
        self._session = session
        self._say = say
        self._recorder = Tally(path)
        self._faults = Faults(session.kube, session.target, self._recorder)
        self._answered = count()
        self._answers = 0

    def run(self) -> None:
        """Drive the round to its end, close its history, and give the target fresh pods.

        Raises:
            TargetError: the lab or the target failed; the history ends without its end.
        """
        target = {"target": self._session.target.name, "version": self._session.target.version(self._session.kube)}
        asked = {"number": self._round.number, "kill_at": self._round.kill_at, "capacity": self._round.capacity}
        self._recorder.record("chaos", "round", **target, **asked)
        writers = len(self._round.scripts)
        try:
            with Crowd(self._session, self._recorder, NAME, (self._round.addresses,), writers) as crowd:
                try:
                    self._drive(crowd.load)
                except Stopped as stop:
                    self._recorder.record("suite", "stopped", reason=str(stop))
                crowd.finish()
                self._recorder.record("suite", "end")
        finally:
            self._recorder.close()
            self._faults.restore()

    def _drive(self, load: Load) -> None:
        with ThreadPoolExecutor(len(self._round.scripts)) as pool:
            writers = [pool.submit(self._write, load, script) for script in self._round.scripts]
            while self._answers < self._round.kill_at and not all(writer.done() for writer in writers):
                time.sleep(_LOOK_S)
            time.sleep(self._round.kill_after_s)
            leader = self._faults.leader(ROLE)
            self._faults.kill(ROLE, pod=leader)
            self._say(f"{leader} killed after {self._answers} operations")
            for writer in writers:
                writer.result()
        self._rest(QUIET)
        missing = max(0, self._round.capacity + OVER - len(self._recorder.addresses))
        load.create(f"brim-{number}" for number in range(missing))
        self._rest(BRIM)

    def _write(self, load: Load, script: tuple[Operation, ...]) -> None:
        for operation in script:
            (load.create_one if operation.verb == "create" else load.delete_one)(operation.name)
            self._answers = next(self._answered) + 1

    def _rest(self, mark: str) -> None:
        """Wait until all who can be served are, watch a little longer, and mark the moment."""
        self._recorder.await_assigned(min(len(self._recorder.addresses), self._round.capacity), REST_S)
        time.sleep(HOLD_S)
        self._recorder.record("suite", "mark", name=mark)
        served = f"{self._recorder.assigned} of {len(self._recorder.addresses)} Services have an address"
        self._say(f"{mark}: {served}, the pool has {self._round.capacity}")
