"""What must hold on a simulated segment, looked at every few milliseconds from outside.

Safety: for no address do two stations answer that a client could hear both. Excused is a split: nothing passes between
the two either way, by a cut or by what loss makes of it. When it ends, or where a third hears both, they have one
period of 150 ms: from the end of the cut where no frame is lost, else from the first that either hears of the other.
A station that says it hears nothing is asked by nobody, or it would not say so. When it hears something again that is
no heartbeat, it has a period, too: the segment was split in one direction.
Liveness: every address is answered for again one second after the last change, wherever a station that may announce it
can be reached. One that nobody ever held, as far as those know who may announce it, has longer while stations know
different candidates (rule 3).
Stickiness: nobody takes an address from a station that can answer for it and to which nothing happened for long; but
for one that could not hear or was not heard, and could not know; what such a one took may go on to a third. Of two that
claim what came free at one time, one may have answered for a period before it learns of the better claim, on a wire
that loses frames.

Pure.
"""

from dataclasses import dataclass, field
from itertools import combinations

from lbkit.model.views import IPAddress
from lbkit.tests.announcer.election.world import Node, World, is_ready, is_running

STEP_S = 0.005
PERIOD_S = 0.150
SILENCE_S = 0.300
MEMORY_S = 2.0
"""How long after a cut a pair of answers still counts as its consequence."""
OUTAGE_S = 1.0
FIRST_S = 5.0
"""Two turns of a first claim, and a probe."""
MUCH_LOSS = 0.05
"""Beyond that, a station may be taken for gone."""


@dataclass(slots=True)
class Findings:
    """What was seen.

    Args:
        worst_dual_s: longest time that two answered after a split, on one side of it.
        worst_outage_s: longest time without answer since the last change, where one was due.
        faults: what must not be, in words.
    """

    worst_dual_s: float = 0.0
    worst_outage_s: float = 0.0
    duals: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Dual:
    """Two stations that answer for one address.

    Args:
        heard_s: when they might have known of each other.
    """

    since_s: float
    is_excused: bool
    heard_s: float | None = None


class Judge:
    """Watches one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.findings = Findings()
        self._duals: dict[tuple[IPAddress, str, str], _Dual] = {}
        self._silent: dict[tuple[IPAddress, int], float] = {}
        self._cut_s: dict[frozenset[str], float] = {}
        self._cut: list[frozenset[str]] = []
        self._owners: dict[tuple[IPAddress, int], tuple[str, float]] = {}
        self._answered_s: dict[IPAddress, float] = {}
        self._one_way: set[str] = set()
        self._one_way_s: dict[str, float] = {}
        self._looked_s = -1.0
        world.look = self.look

    def watch(self, until_s: float) -> Findings:
        """Let time pass, and look."""
        world = self.world
        while world.now_s < until_s:
            world.run(world.now_s + STEP_S)
            self.look()
        return self.findings

    def look(self) -> None:
        """Look once."""
        world, now_s = self.world, self.world.now_s
        if world.changed_s != self._looked_s:
            self._looked_s = world.changed_s
            self._cut = [
                frozenset((one.name, other.name))
                for one, other in combinations(world.nodes.values(), 2)
                if not (world.can_reach(one, other) or world.can_reach(other, one))
            ]
            self._one_way = {node.name for node in world.nodes.values() if node.is_deaf or node.is_mute}
            self._one_way |= {name for pair, count in world.cut.items() if count for name in pair}
        for pair in self._cut:
            self._cut_s[pair] = now_s
        for name in self._one_way:
            self._one_way_s[name] = now_s
        deaf = {node.name for node in world.nodes.values() if node.segment.is_deaf}
        for address in world.candidates:
            answering = world.answering(address)
            self._look_for_two(address, [node for node in answering if node.name not in deaf])
            self._look_for_none(address, answering)
            self._look_for_moves(address, answering)

    def _look_for_two(self, address: IPAddress, answering: list[Node]) -> None:
        now_s = self.world.now_s
        seen = set()
        for one, other in combinations(answering, 2) if len(answering) > 1 else ():
            if one.side != other.side or not self._is_joined(one, other):
                continue
            key = address, one.name, other.name
            seen.add(key)
            if key not in self._duals:
                self._duals[key] = _Dual(now_s, is_excused=self._was_split(one, other))
                self.findings.duals += 1
            dual = self._duals[key]
            if not dual.is_excused:
                self._fault(f"two answer outside a split: {address} {one.name} {other.name}")
                continue
            if dual.heard_s is None and (self.world.wire.loss == 0 or self._heard_s(one, other) >= dual.since_s):
                dual.heard_s = now_s
            length_s = 0.0 if dual.heard_s is None else now_s - dual.heard_s
            self.findings.worst_dual_s = max(self.findings.worst_dual_s, length_s)
            if length_s > PERIOD_S:
                self._fault(f"two answer for {length_s:.3f} s: {address} {one.name} {other.name}")
        for key in [key for key in self._duals if key not in seen]:
            if key[0] == address:
                del self._duals[key]

    def _heard_s(self, one: Node, other: Node) -> float:
        """Say when one of two stations last heard the other."""
        pairs = (one.name, other.name), (other.name, one.name)
        return max(self.world.delivered.get(pair, -1e9) for pair in pairs)

    def _is_joined(self, one: Node, other: Node) -> bool:
        """Whether anything passes from one to the other or back, directly or through a third."""
        reach = self.world.can_reach
        if reach(one, other) or reach(other, one):
            return True
        others = [each for each in self.world.nodes.values() if is_running(each, self.world.now_s)]
        return any(
            (reach(one, each) and reach(each, other)) or (reach(other, each) and reach(each, one)) for each in others
        )

    def _was_split(self, one: Node, other: Node) -> bool:
        """Whether these two were cut off from each other just now, by a cut, by deafness or by loss."""
        now_s = self.world.now_s
        if now_s - self._cut_s.get(frozenset((one.name, other.name)), -1e9) < MEMORY_S:
            return True
        if any(now_s - self.world.deaf_s.get(name, -1e9) < MEMORY_S for name in (one.name, other.name)):
            return True
        return now_s - self._heard_s(one, other) > SILENCE_S

    def _look_for_none(self, address: IPAddress, answering: list[Node]) -> None:
        world, now_s = self.world, self.world.now_s
        if answering:
            self._answered_s[address] = now_s
        for side in {node.side for node in world.nodes.values()}:
            key = address, side
            able = self._able(address, side)
            if any(node.side == side for node in answering) or not able:
                self._silent.pop(key, None)
                continue
            since_s = max(self._silent.setdefault(key, now_s - STEP_S), world.changed_s)
            length_s = now_s - since_s
            self.findings.worst_outage_s = max(self.findings.worst_outage_s, length_s)
            is_known = any(world.nodes[name].began_s <= self._answered_s.get(address, -1.0) for name in able)
            if length_s > (OUTAGE_S if is_known or self._is_agreed(address) else FIRST_S):
                self._fault(f"nobody answers on side {side}: {address}")

    def _is_agreed(self, address: IPAddress) -> bool:
        """Whether all who run know the same candidates for an address."""
        views = [node.candidates.get(address) for node in self.world.nodes.values() if node.is_alive]
        return all(view == views[0] for view in views)

    def _look_for_moves(self, address: IPAddress, answering: list[Node]) -> None:
        world = self.world
        for node in answering:
            key = address, node.side
            name, since_s = self._owners.get(key, ("", world.now_s))
            before = world.nodes.get(name)
            self._owners[key] = node.name, since_s if before is node else world.now_s
            if before is None or before is node or len(answering) > 1 or world.wire.loss > MUCH_LOSS:
                continue
            if world.wire.loss and world.now_s < since_s + PERIOD_S:
                continue
            if any(each.candidates is not world.candidates for each in world.nodes.values()):
                continue
            reluctant = world.candidates[address].reluctant
            if before.name in reluctant and node.name not in reluctant:
                continue
            trouble_s = max((before.changed_s, *self._one_way_s.values(), *world.deaf_s.values()))
            is_settled = world.now_s >= trouble_s + MEMORY_S
            if is_settled and before.name in self._able(address, node.side):
                self._fault(f"taken from {before.name} without need: {address}")

    def _able(self, address: IPAddress, side: int) -> list[str]:
        """Name the nodes that could answer for an address, and know that they may."""
        world = self.world
        return [
            node.name
            for node in world.nodes.values()
            if node.side == side
            and is_ready(node, world.now_s)
            and all(each[address].allows(node.name, "eth1") for each in (world.candidates, node.candidates))
        ]

    def _fault(self, text: str) -> None:
        if not any(known.endswith(text.split(":", 1)[-1]) for known in self.findings.faults):
            self.findings.faults.append(f"{self.world.now_s:.3f} s: {text}")
