"""What all runs of many rounds share: a world that stays open while they last, and a round with a history of its own.

Shell: the lab, files, the clock.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from conformance.suite.cluster import Cluster
from conformance.suite.faults import Faults
from conformance.suite.history import Event
from conformance.suite.recorder import Recorder, Stopped
from conformance.suite.session import LabSession
from conformance.suite.source_ports import SourcePorts
from conformance.suite.traffic import Traffic
from conformance.suite.world import World


def begun(session: LabSession, history: Path) -> Recorder:
    """Begin a run's own history with what the lab is."""
    recorder = Recorder(history)
    recorder.record("lab", "facts", **session.described)
    return recorder


@contextmanager
def opened(world: World) -> Iterator[None]:
    """Have a world while a run lasts, and leave nothing of it behind.

    Raises:
        TargetError: the lab or the target failed.
    """
    with ExitStack() as last:
        last.callback(world.recorder.close)
        last.callback(world.clean)
        last.callback(world.finish)
        world.open()
        yield


class Round:
    """One round: its history, and what it may do.

    Args:
        world: whose addresses are looked at.
        session: the lab.
        path: of the history to write.
        seed: of the source ports.
        about: what is noted of the round.
    """

    def __init__(self, world: World, session: LabSession, path: Path, seed: int, **about: object) -> None:
        self.lab = session.facts
        self.recorder = Recorder(path)
        self.traffic = Traffic(self.lab, self.recorder, SourcePorts(seed, {}))
        self.faults = Faults(session.kube, session.target, self.recorder, self.lab)
        self.cluster = Cluster(session, self.recorder, world.namespace)
        target = {"target": session.target.name, "version": session.environment()["targetVersion"]}
        self.recorder.record("chaos", "loss", **target, **about)
        self.recorder.record("suite", "target", **session.target.declared.fields())
        self.recorder.record("lab", "facts", **session.described)
        shown = {e.data["object"]["metadata"]["name"]: e.data for e in world.recorder.history().of("kube", "service")}
        for data in shown.values():
            self.recorder.add(Event(time.monotonic_ns(), "kube", "service", data))

    @contextmanager
    def _driven(self, stop: Callable[[], object], *restore: Callable[[], object]) -> Iterator[None]:
        """Surround what is done; then stop watching, put everything right, and end the history.

        Args:
            stop: ends the observers.
            restore: what puts right more than faults and cluster do.
        """
        with ExitStack() as last:
            last.callback(self.recorder.close)
            for put_right in (self.faults.restore, self.cluster.restore, *restore):
                last.callback(put_right)
            with ExitStack() as ending:
                ending.callback(stop)
                ending.callback(self.traffic.stop)
                try:
                    yield
                except Stopped as stopped:
                    self.recorder.record("suite", "stopped", reason=str(stopped))
            self.recorder.record("suite", "end")
