"""A few announced addresses under close watch while something befalls the node that owns them.

Clients behind the gateway open a connection every 20 ms, a host on the segment asks who has the addresses as often, and
the segment is captured: from that the checks tell outage, silence, and two that answer at a time.

Shell: that of wire and traffic, the clock.
"""

import time
from collections import Counter
from collections.abc import Collection
from typing import Final, Protocol

from conformance.suite import neighbor
from conformance.suite.facts import IPAddress, LabFacts
from conformance.suite.history import History
from conformance.suite.recorder import Recorder, Stopped
from conformance.suite.seen import NS_PER_S
from conformance.suite.traffic import Traffic
from conformance.suite.waits import POLL_S, PROBE_S, PROBE_TIMEOUT_S, REPLY_P95_S
from conformance.suite.wire import Wire

CALM_S: Final = 1.0
"""So long every request and every question must have been answered before things count as calm."""
LONGEST_S: Final = 600.0
"""Questions in the background are planned for so long."""
_ROUNDS: Final = 3
_PER_FAMILY: Final = 1
"""Addresses that are watched, of those that a node owns: more would load the host that is measured on."""


class Stage(Protocol):
    """What a scene needs of a case's world or of a round."""

    lab: LabFacts
    recorder: Recorder
    wire: Wire
    traffic: Traffic


class Scene:
    """Addresses of Services, and who owns them.

    Args:
        stage: where it plays.
        addresses: of either family, announced.
    """

    def __init__(self, stage: Stage, addresses: Collection[IPAddress]) -> None:
        self._stage = stage
        self._addresses = tuple(addresses)
        self.watched: tuple[IPAddress, ...] = ()

    def owners(self) -> dict[IPAddress, str]:
        """Ask for every address a few times, and return {address: the lab node that answered last}.

        A capture must be running.
        """
        since_ns = time.monotonic_ns()
        self._stage.wire.ask(*self._addresses, every_s=0.02, times=_ROUNDS)
        fresh = _since(self._stage.recorder.history(), since_ns)
        found = {address: neighbor.owner(fresh, address) for address in self._addresses}
        return {address: node for address, node in found.items() if node}

    def pick(self, *, but: Collection[str] = ()) -> str:
        """Return the node that owns most addresses, of those that a fault may hit.

        Args:
            but: nodes that it may not hit.

        Raises:
            Stopped: no such node owns any.
        """
        owned = Counter(node for node in self.owners().values() if node in self._stage.lab.eligible and node not in but)
        if not owned:
            raise Stopped("no node that can be taken away owns an address")
        return owned.most_common(1)[0][0]

    def watch(self, *, of: str = "") -> None:
        """Ask and request all the time from now on: the addresses of one node, one of each family; or all there are.

        Args:
            of: the node; "" for no particular one.
        """
        owners = self.owners()
        mine = [address for address in self._addresses if not of or owners.get(address) == of]
        chosen = [[a for a in mine if a.version == version][:_PER_FAMILY] for version in (4, 6)]
        self.watched = tuple(address for found in chosen for address in found)
        if not self.watched:
            raise Stopped(f"{of or 'nobody'} owns no address")
        self._stage.wire.keep_asking(*self.watched, every_s=PROBE_S / len(self.watched), for_s=LONGEST_S)
        for address in self.watched:
            self._stage.traffic.probe(f"web by IPv{address.version}", address)

    def calm(self, limit_s: float, at_least_s: float = 0.0) -> bool:
        """Wait until every request and question of the last second was answered.

        Args:
            limit_s: patience, seconds.
            at_least_s: things are not called calm before this, as a fault may take a while to show, seconds.

        Returns:
            Whether things are calm; False when the time is over.
        """
        begin = time.monotonic()
        while (waited_s := time.monotonic() - begin) < limit_s:
            time.sleep(POLL_S)
            if waited_s >= at_least_s and self._is_calm():
                return True
        return False

    def steady(self, limit_s: float = 20.0) -> None:
        """Wait until things are calm before anything is done.

        Raises:
            Stopped: they never are.
        """
        if not self.calm(limit_s, CALM_S):
            raise Stopped(f"requests or questions are not all answered within {limit_s:g} s, before anything was done")

    def _is_calm(self) -> bool:
        recorder, now_ns = self._stage.recorder, time.monotonic_ns()
        recent = _since(recorder.history(), now_ns - int((CALM_S + 2 * PROBE_TIMEOUT_S) * NS_PER_S))
        wanted = int(CALM_S / PROBE_S)
        runs = {int(e.data["run"]): e.data["about"] for e in recorder.history().of("request", "plan")}
        for run in runs:
            answered = {int(e.data["number"]): e for e in recent.of("request", "answer") if int(e.data["run"]) == run}
            newest = max(answered, default=-1)
            last = [answered.get(number) for number in range(newest - wanted + 1, newest + 1)]
            is_fresh = newest >= 0 and now_ns - answered[newest].t_ns < PROBE_TIMEOUT_S * NS_PER_S
            if not is_fresh or not all(event and event.data["ok"] for event in last):
                return False
        begin_ns, end_ns = now_ns - int(CALM_S * NS_PER_S), now_ns - int(REPLY_P95_S * NS_PER_S)
        asked = [ask for ask in neighbor.asks(recent) if begin_ns < ask.t_ns < end_ns]
        return bool(asked) and all(ask.is_heeded for ask in asked)


def _since(history: History, since_ns: int) -> History:
    """Cut a history to what happened since a moment, with what the lab said of itself before."""
    return History(tuple(e for e in history.events if e.t_ns >= since_ns or e.source == "lab"))
