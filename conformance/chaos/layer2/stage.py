"""A few announced addresses for a run of many rounds, and one round on its way.

The addresses stay from round to round; each round has a history, observers and faults of its own.

Shell: the lab, the clock.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from conformance.chaos import rounds
from conformance.chaos.layer2.losses import SOAKED
from conformance.chaos.layer2.script import Episode, Strike
from conformance.suite import families
from conformance.suite.case import Case
from conformance.suite.deeds import DEEDS, Deed, Undo
from conformance.suite.recorder import Stopped
from conformance.suite.scene import Scene
from conformance.suite.segment import Segment
from conformance.suite.session import LabSession
from conformance.suite.staging import PATIENCE_S, befall, staged
from conformance.suite.wire import Wire
from conformance.suite.world import World

SERVICES: Final = 3
_CASE: Final = Case(
    id="FO-900",
    title="owners of layer-2 addresses are lost, again and again",
    lab="l2",
    features=("failover",),
    backend="kept",
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
    recorder = rounds.begun(session, folder / "announced.jsonl")
    world = World(_CASE, Path(__file__).with_name("addresses.py"), session, recorder, say)
    with rounds.opened(world):
        staged(world, SERVICES)
        world.wire.stop()  # each round has a capture of its own
        yield world


class Round(rounds.Round):
    """One round: an owner is hit; arguments as for every round."""

    def __init__(self, world: World, session: LabSession, path: Path, seed: int, **about: object) -> None:
        super().__init__(world, session, path, seed, **about)
        self.wire = Wire(self.lab, self.recorder)
        self.segment = Segment(self.lab, self.recorder)
        self._planes = self.cluster.control_planes()
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
        with self._driven(self.wire.stop, self.segment.restore):
            self.wire.capture()
            yield
