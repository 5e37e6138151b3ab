"""A segment in simulated time: stations with clocks of their own, a wire that loses, delays and doubles, and faults.

Everything random comes from one seeded generator, so that a schedule that fails can be run again.

Pure.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from math import inf
from random import Random
from typing import Final

from lbkit.announcer.election.events import (
    Answer,
    Candidates,
    CandidatesChanged,
    CarrierChanged,
    Drain,
    Event,
    Heard,
    Leave,
    Rebalance,
    Send,
    Stream,
    Tick,
    Traffic,
)
from lbkit.announcer.election.segment import Segment
from lbkit.model.views import IPAddress
from lbkit.packet.heartbeat import Heartbeat, Phase

QUIET_S: Final = 0.295
"""Who hears nothing for so long is deaf: 300 ms, by a clock that may be fast."""


@dataclass(frozen=True, slots=True)
class Wire:
    """How frames fare.

    Args:
        loss: share of deliveries that are lost.
        doubled: share that come twice.
        delay_s: usual delay, at most.
        late: share that come late, by up to `late_s`, and overtaken by others.
        noise_s: between other frames that all stations hear, at most; 0 for a segment where nobody else speaks.
    """

    loss: float = 0.0
    doubled: float = 0.0
    delay_s: float = 0.001
    late: float = 0.0
    late_s: float = 0.0
    noise_s: float = 0.0


@dataclass(slots=True)
class Node:
    """One node with one interface on the segment.

    Args:
        rate: its seconds per real second.
        side: stations on one side of a split hear each other.
        is_deaf: nothing arrives at its interface.
        is_mute: nothing leaves it.
        frozen_until_s: its process does not run before; what arrives waits.
        changed_s: when something was done to it last.
        began_s: when its process was started last.
    """

    name: str
    rate: float
    offset_s: float
    segment: Segment
    epoch: int = 1
    is_alive: bool = True
    is_up: bool = True
    is_deaf: bool = False
    is_mute: bool = False
    is_draining: bool = False
    side: int = 0
    frozen_until_s: float = -inf
    candidates: Mapping[IPAddress, Candidates] = field(default_factory=dict)
    waiting: list[Event] = field(default_factory=list)
    tick: int = 0
    changed_s: float = 0.0
    began_s: float = 0.0

    def clock(self, now_s: float) -> float:
        """Read its clock."""
        return self.offset_s + now_s * self.rate

    def is_reachable(self, now_s: float) -> bool:
        """Whether it would hear a request, and its answer be seen on the wire."""
        return is_running(self, now_s) and self.is_up and not self.is_deaf and not self.is_mute


SegmentMaker = Callable[..., Segment]


class World:
    """The segment.

    Args:
        names: of the nodes.
        candidates: who may announce what, as the API says at the beginning.
        make: makes a station's state machine.
        lag_s: how late the API's news come to a node, at most.
    """

    def __init__(
        self,
        random: Random,
        names: list[str],
        candidates: Mapping[IPAddress, Candidates],
        wire: Wire,
        *,
        make: SegmentMaker = Segment,
        skew: float = 0.0,
        lag_s: float = 0.2,
    ) -> None:
        self.random = random
        self.connections: Random | None = None
        """When connections to what is given away begin and end; None if there are none."""
        self.wire = wire
        self.make = make
        self.lag_s = lag_s
        self.now_s = 0.0
        self.changed_s = 0.0
        self.candidates = candidates
        self.cut: Counter[tuple[str, str]] = Counter()
        self.delivered: dict[tuple[str, str], float] = {}
        """When a heartbeat of the first came to the second that was not taken for one of an older start (rule 12)."""
        self.deaf_s: dict[str, float] = {}
        """When each station last took itself for deaf and was right, its start left out."""
        self.arrived_s: dict[str, float] = {}
        """When a frame of anybody last arrived at each, whether its process ran or not."""
        self.sent = 0
        self.look: Callable[[], None] = lambda: None
        """Called where something may go wrong that is over a moment later."""
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = 0
        self._last: defaultdict[tuple[str, str], float] = defaultdict(float)
        self.nodes: dict[str, Node] = {}
        for name in names:
            rate = 1 + random.uniform(-skew, skew)
            offset_s = random.uniform(0, 1000)
            self.nodes[name] = Node(name, rate, offset_s, make(name, "eth1", 1, offset_s, speaks_ipv6=True))
            self.at(random.uniform(0, 0.3), partial(self.boot, name, 1))
            self.nodes[name].is_alive = False
        if wire.noise_s:
            self.at(0.0, self._noise)

    # Time.

    def at(self, when_s: float, what: Callable[[], None]) -> None:
        """Do something at a time."""
        self._serial += 1
        heappush(self._events, (when_s, self._serial, what))

    def run(self, until_s: float) -> None:
        """Let time pass."""
        while self._events and self._events[0][0] <= until_s:
            self.now_s, _, what = heappop(self._events)
            what()
        self.now_s = until_s

    def change(self, *nodes: Node) -> None:
        """Note that something was done to these nodes, and to the segment."""
        self.changed_s = self.now_s
        for node in nodes:
            node.changed_s = self.now_s

    # Nodes.

    def boot(self, name: str, epoch: int) -> None:
        """Start the process of a node."""
        node = self.nodes[name]
        if node.is_alive:
            return
        node.is_alive, node.epoch, node.is_draining, node.began_s = True, epoch, False, self.now_s
        node.waiting.clear()
        node.frozen_until_s = -inf
        node.segment = self.make(name, "eth1", epoch, node.clock(self.now_s), speaks_ipv6=True)
        self.change(node)
        if not node.is_up:
            self.give(node, CarrierChanged(is_up=False))
        node.candidates = self.candidates
        self.give(node, CandidatesChanged(self.candidates))

    def kill(self, name: str) -> None:
        """End the process of a node without a word."""
        self.nodes[name].is_alive = False
        self.change(self.nodes[name])

    def freeze(self, name: str, length_s: float) -> None:
        """Stop the process of a node for a while; what arrives waits for it."""
        node = self.nodes[name]
        if not node.is_alive or node.frozen_until_s > self.now_s:
            return
        node.frozen_until_s = self.now_s + length_s
        self.change(node)
        self.at(node.frozen_until_s, lambda: self._thaw(node, node.segment))

    def _thaw(self, node: Node, segment: Segment) -> None:
        if not node.is_alive or node.segment is not segment:
            return
        self.change(node)
        node.frozen_until_s = -inf
        waiting, node.waiting = node.waiting, []
        # The loop may come to its timers or to its sockets first.
        if self.random.random() < 0.5:
            self.look()
        for event in waiting:
            self.give(node, event)
        self.give(node, Tick())

    def set_link(self, name: str, *, is_up: bool) -> None:
        """Plug a node's cable, or unplug it."""
        node = self.nodes[name]
        node.is_up = is_up
        self.change(node)
        if node.is_alive:
            self.give(node, CarrierChanged(is_up=is_up))

    def command(self, name: str, event: Drain | Rebalance | Leave) -> None:
        """Give a node's process an order."""
        node = self.nodes[name]
        if not node.is_alive:
            return
        if isinstance(event, Drain):
            node.is_draining = event.is_on
        self.change(node)
        self.give(node, event)
        if isinstance(event, Rebalance) or (isinstance(event, Drain) and event.is_on):
            self._connect(node)
        if isinstance(event, Leave) and is_running(node, self.now_s):
            node.is_alive = False

    def _connect(self, node: Node) -> None:
        """Let connections begin and end to some of what a node gives away."""
        for address in node.segment.mine:
            if self.connections is not None and self.connections.random() < 0.5:
                begin_s = self.now_s + self.connections.uniform(0, 0.05)
                end_s = begin_s + self.connections.uniform(0, 0.2)
                for when_s, is_open in ((begin_s, True), (end_s, False)):
                    self.at(when_s, partial(self._stream, node, Stream(address, b"", is_open)))

    def _stream(self, node: Node, event: Stream) -> None:
        if is_running(node, self.now_s):
            self.give(node, event)

    def set_candidates(self, candidates: Mapping[IPAddress, Candidates]) -> None:
        """Change the API's answer; each node hears of it in its own time."""
        self.candidates = candidates
        self.change(*self.nodes.values())
        for node in self.nodes.values():
            self.at(self.now_s + self.random.uniform(0, self.lag_s), partial(self._learn, node, candidates))

    def _learn(self, node: Node, candidates: Mapping[IPAddress, Candidates]) -> None:
        if node.is_alive and self.candidates is candidates:
            node.candidates = candidates
            self.change(*self.nodes.values())
            self.give(node, CandidatesChanged(candidates))

    def set_sides(self, names: Collection[str], side: int) -> None:
        """Split the segment, or join it."""
        self.change(*self.nodes.values())
        for name in names:
            self.nodes[name].side = side

    def cut_off(self, pairs: Collection[tuple[str, str]], count: int) -> None:
        """Let nothing pass from the first of each pair to the second; -1 takes one such cut back."""
        self.change(*(self.nodes[name] for pair in pairs for name in pair))
        for pair in pairs:
            self.cut[pair] += count

    def set_hearing(self, name: str, *, is_deaf: bool) -> None:
        """Let nothing arrive at a node."""
        self.change(self.nodes[name])
        self.nodes[name].is_deaf = is_deaf

    def set_voice(self, name: str, *, is_mute: bool) -> None:
        """Let nothing leave a node."""
        self.change(self.nodes[name])
        self.nodes[name].is_mute = is_mute

    def give(self, node: Node, event: Event) -> None:
        """Give an event to a node's process."""
        if not node.is_alive:
            return
        if self.now_s < node.frozen_until_s:
            node.waiting.append(event)
            return
        phase = node.segment.phase
        outputs = node.segment.take(event, node.clock(self.now_s))
        if node.segment.phase is not phase:
            self.change(node)
        is_silent = self.now_s >= self.arrived_s.get(node.name, -inf) + QUIET_S
        if node.segment.is_deaf and node.segment.phase is Phase.READY and is_silent:
            self.deaf_s[node.name] = self.now_s
        for output in outputs:
            if isinstance(output, Send):
                self._broadcast(node, output.beat)
            elif isinstance(output, Answer):
                self.look()
        node.tick += 1
        tick = node.tick
        wake_s = (node.segment.wake_s - node.offset_s) / node.rate
        if wake_s < inf:
            jitter = self.random.random()
            late_s = 0.002 * jitter if jitter < 0.98 else 0.040 * self.random.random()
            self.at(max(self.now_s, wake_s) + late_s, partial(self._tick, node, tick))

    def _tick(self, node: Node, tick: int) -> None:
        if node.tick == tick:
            self.give(node, Tick())

    # The wire.

    def answering(self, address: IPAddress) -> list[Node]:
        """List the nodes that would answer a request that came now."""
        found = []
        for node in self.nodes.values():
            if address in node.segment.mine and node.is_reachable(self.now_s):
                if node.clock(self.now_s) > node.segment.wake_s:
                    self.give(node, Tick())
                if node.segment.may_answer(address, node.clock(self.now_s)):
                    found.append(node)
        return found

    def can_reach(self, source: Node, target: Node) -> bool:
        """Whether a frame sent now would arrive, but for loss."""
        return (
            source.is_up
            and target.is_up
            and not source.is_mute
            and not target.is_deaf
            and source.side == target.side
            and not self.cut[source.name, target.name]
        )

    def _broadcast(self, source: Node, beat: Heartbeat) -> None:
        self.sent += 1
        random, wire = self.random, self.wire
        for target in self.nodes.values():
            if target is source or not target.is_alive or not self.can_reach(source, target):
                continue
            for _ in range(2 if wire.doubled and random.random() < wire.doubled else 1):
                if wire.loss and random.random() < wire.loss:
                    continue
                when_s = self.now_s + random.uniform(0.0001, wire.delay_s)
                if wire.late and random.random() < wire.late:
                    when_s += random.uniform(0, wire.late_s)
                else:
                    when_s = self._last[source.name, target.name] = max(when_s, self._last[source.name, target.name])
                self.at(when_s, partial(self._deliver, source, target, beat))

    def _deliver(self, source: Node, target: Node, beat: Heartbeat) -> None:
        if target.is_alive and target.is_up and not target.is_deaf:
            self.arrived_s[target.name] = self.now_s
            known = target.segment.peers.get(beat.station)
            if known is None or beat.epoch >= known.epoch:
                self.delivered[source.name, target.name] = self.now_s
            self.give(target, Heard(beat, source.name.encode()))

    def _noise(self) -> None:
        for node in self.nodes.values():
            if node.is_alive and node.is_up and not node.is_deaf and self.random.random() >= self.wire.loss:
                self.arrived_s[node.name] = self.now_s
                self.give(node, Traffic())
        self.at(self.now_s + self.random.uniform(0.001, self.wire.noise_s), self._noise)


def is_running(node: Node, now_s: float) -> bool:
    """Whether a node's process runs."""
    return node.is_alive and now_s >= node.frozen_until_s


def is_ready(node: Node, now_s: float) -> bool:
    """Whether a node could take an address over and be reached."""
    return node.is_reachable(now_s) and not node.is_draining and node.segment.phase is Phase.READY
