"""An address that routers spread over the nodes, for a run of many rounds, and one round on its way.

The address stays from round to round, and so do the peers as long as a deed wants none of other settings; each round
has a history, observers and faults of its own.

Shell: the lab, the clock.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from conformance.chaos import rounds
from conformance.chaos.bgp.deeds import Deed
from conformance.chaos.bgp.losses import ABOUT, checks_for
from conformance.suite import attempts, convergence
from conformance.suite.case import Case
from conformance.suite.checks.hops import LEAVING
from conformance.suite.facts import CLIENT, IPAddress
from conformance.suite.observers.routers import Routers
from conformance.suite.recorder import Stopped
from conformance.suite.session import LabSession
from conformance.suite.waits import KUBE_PROXY_S, POLL_S, PROBE_S, SESSION_S
from conformance.suite.world import World

PATIENCE_S: Final = 40.0
"""How long routers may take until they have all next hops, and requests until they are answered."""
CALM: Final = 50
"""So many requests, one after the other, must have been answered before things count as calm."""
_CASE: Final = Case(
    id="FO-901",
    title="nodes that routers send traffic to are lost, again and again",
    lab="bgp",
    features=("failover",),
    backend="echo",
    source="conformance/chaos/README.md",
    checks=checks_for(None, 0.0),
)


class Stage(World):
    """The world of a run: its peers are configured anew where a deed wants other settings."""

    _peers: Mapping[str, Any] | None = None  # Any: a BGPPeer's spec

    def want_peers(self, spec: Mapping[str, Any]) -> None:  # Any: a BGPPeer's spec
        """Have the peers as a deed wants them.

        Raises:
            TargetError: they cannot be configured.
        """
        if self._peers != spec:
            self.peers(anew=True, **spec)
            self._peers = spec
            self.hold("sessions and BFD", SESSION_S)


@contextmanager
def advertised(session: LabSession, folder: Path, say: Callable[[str], None]) -> Iterator[World]:
    """Advertise an address while a run lasts.

    Args:
        session: the lab, with the target in it.
        folder: takes the history of this.
        say: prints progress.

    Raises:
        TargetError: the lab or the target failed.
    """
    recorder = rounds.begun(session, folder / "advertised.jsonl")
    world = Stage(_CASE, Path(__file__).with_name("address.py"), session, recorder, say)
    with rounds.opened(world):
        world.apply()
        world.address()
        world.hold("kube-proxy's rules", KUBE_PROXY_S)
        yield world


class Round(rounds.Round):
    """One round: a node is hit; arguments as for every round."""

    def __init__(self, world: World, session: LabSession, path: Path, seed: int, **about: object) -> None:
        super().__init__(world, session, path, seed, **about)
        self.routers = Routers(self.lab, self.recorder)
        self._address: IPAddress = world.address()

    def befall(self, deed: Deed, node: str) -> None:
        """Let one deed befall a node, put it right, and end the history.

        Raises:
            TargetError: the lab or the target failed; the history ends without its end.
        """
        with self._driven(self.routers.stop):
            self._drive(deed, node)

    def _drive(self, deed: Deed, node: str) -> None:
        wanted = convergence.wanted(self.lab)
        self.routers.follow(tuple(wanted), "fib")
        self._converged(wanted)
        self.traffic.probe(ABOUT, self._address, client=self.lab.with_role(CLIENT)[0].name)
        if not self._calm(0.0):
            raise Stopped(f"requests are not all answered within {PATIENCE_S:g} s, before anything was done")
        self.recorder.record("suite", "mark", name=LEAVING + node)
        undo = deed.do(self, node)
        self._calm(deed.settles_s)
        undo()
        self._converged(wanted)
        self._calm(0.0)

    def _converged(self, wanted: Mapping[str, int]) -> None:
        complete = partial(convergence.is_complete, wanted=wanted, address=self._address)
        self.recorder.need("all next hops on all routers", complete, PATIENCE_S)

    def _calm(self, at_least_s: float) -> bool:
        """Wait until the newest requests were all answered; return whether they are before patience ends."""
        begin = time.monotonic()
        while (waited_s := time.monotonic() - begin) < PATIENCE_S:
            time.sleep(POLL_S)
            newest = attempts.requests(self.recorder.history(), ABOUT)[-CALM:]
            if waited_s < max(at_least_s, CALM * PROBE_S) or len(newest) < CALM:
                continue
            if all(request.is_ok for request in newest):
                return True
        return False
