"""A few announced addresses for a run of many rounds, and one round on its way.

The addresses stay from round to round; each round has a history, observers and faults of its own.

Shell: the lab, the clock.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from conformance.chaos.layer2.losses import SOAKED
from conformance.chaos.layer2.script import Episode, Strike
from conformance.suite import families
from conformance.suite.case import Case
from conformance.suite.cluster import Cluster
from conformance.suite.deeds import DEEDS, Deed, Undo
from conformance.suite.faults import Faults
from conformance.suite.history import Event
from conformance.suite.recorder import Recorder, Stopped
from conformance.suite.scene import Scene
from conformance.suite.segment import Segment
from conformance.suite.session import LabSession
from conformance.suite.source_ports import SourcePorts
from conformance.suite.staging import PATIENCE_S, befall, staged
from conformance.suite.traffic import Traffic
from conformance.suite.wire import Wire
from conformance.suite.world import World

SERVICES: Final = 3
_CASE: Final = Case(
    id="FO-900",
    title="owners of layer-2 addresses are lost, again and again",
    lab="l2",
    features=("failover",),
    source="conformance/chaos/README.md",
    checks=SOAKED,
)
_PUSH_S: Final = 2.0
"""How long a node must be without its cable for others to take its addresses, where that takes a second."""


@contextmanager
def announced(session: LabSession, folder: Path, say: Callable[[str], None]) -> Iterator[World]:
    """Announce some addresses while a run lasts.

    Args:
        session: the lab, with the target in it.
        folder: takes the history of this.
        say: prints progress.

    Raises:
        TargetError: the lab or the target failed.
    """
    recorder = Recorder(folder / "announced.jsonl")
    recorder.record("lab", "facts", **session.described)
    world = World(_CASE, Path(__file__).with_name("addresses.py"), session, recorder, say)
    with ExitStack() as last:
        last.callback(recorder.close)
        last.callback(world.clean)
        last.callback(world.finish)
        world.open()
        staged(world, SERVICES)
        world.wire.stop()  # each round has a capture of its own
        yield world


class Round:
    """One round: its history, and what it may do.

    Args:
        world: whose addresses are watched.
        session: the lab.
        path: of the history to write.
        seed: of the source ports.
        about: what is noted of the round.
    """

    def __init__(self, world: World, session: LabSession, path: Path, seed: int, **about: object) -> None:
        self.lab = session.facts
        self.recorder = Recorder(path)
        self.wire = Wire(self.lab, self.recorder)
        self.traffic = Traffic(self.lab, self.recorder, SourcePorts(seed, {}))
        self.faults = Faults(session.kube, session.target, self.recorder, self.lab)
        self.segment = Segment(self.lab, self.recorder)
        self.cluster = Cluster(session, self.recorder, world.namespace)
        self._planes = self.cluster.control_planes()
        target = {"target": session.target.name, "version": session.environment()["targetVersion"]}
        self.recorder.record("chaos", "loss", **target, **about)
        self.recorder.record("suite", "target", **session.target.declared.fields())
        self.recorder.record("lab", "facts", **session.described)
        shown = {e.data["object"]["metadata"]["name"]: e.data for e in world.recorder.history().of("kube", "service")}
        for data in shown.values():
            self.recorder.add(Event(time.monotonic_ns(), "kube", "service", data))
        self._scene = Scene(self, families.given(self.recorder.history()))

    def befall(self, deed: Deed) -> None:
        """Let one deed befall an owner, put it right, and end the history.

        Raises:
            TargetError: the lab or the target failed; the history ends without its end.
        """
        with self._driving():
            owner = self._pick(deed)
            self._scene.watch(of=owner)
            befall(deed, self, self._scene, owner)

    def soak(self, episode: Episode) -> None:
        """Let an episode's faults happen, put them right, and end the history.

        Raises:
            TargetError: the lab or the target failed; the history ends without its end.
        """
        with self._driving():
            owner = self._pick(DEEDS[episode.owner.deed])
            hit = {owner: episode.owner}
            if episode.other:
                others = [node for node in self.lab.eligible if node != owner and node not in self._planes]
                hit |= {others[0]: episode.other}
            self._scene.watch(of=owner)
            self._scene.steady()
            self._strike(hit)
            self._scene.calm(PATIENCE_S, 1.0)

    def _strike(self, hit: dict[str, Strike]) -> None:
        """Make each fault at its time, and undo it at its time."""
        begin = time.monotonic()
        due: list[tuple[float, str, Strike | Undo]] = [(strike.after_s, node, strike) for node, strike in hit.items()]
        while due:
            due.sort(key=lambda item: item[0])
            at_s, node, what = due.pop(0)
            time.sleep(max(0.0, begin + at_s - time.monotonic()))
            if isinstance(what, Strike):
                due.append((time.monotonic() - begin + what.lasts_s, node, DEEDS[what.deed].do(self, node)))
            else:
                what()

    def _pick(self, deed: Deed) -> str:
        """Choose an owner that may be hit; where the control plane owns everything, it is made to give it up."""
        but = self._planes if deed.spares_control_plane else frozenset()
        try:
            return self._scene.pick(but=but)
        except Stopped:
            for node in sorted(but):
                number = self.segment.unplug(node)
                time.sleep(_PUSH_S)
                self.segment.undo(number)
            time.sleep(_PUSH_S)
            return self._scene.pick(but=but)

    @contextmanager
    def _driving(self) -> Iterator[None]:
        with ExitStack() as last:
            last.callback(self.recorder.close)
            last.callback(self.faults.restore)
            last.callback(self.cluster.restore)
            last.callback(self.segment.restore)
            with ExitStack() as ending:
                ending.callback(self.wire.stop)
                ending.callback(self.traffic.stop)
                self.wire.capture()
                try:
                    yield
                except Stopped as stop:
                    self.recorder.record("suite", "stopped", reason=str(stop))
            self.recorder.record("suite", "end")
