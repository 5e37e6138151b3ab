"""Random schedules of faults for a simulated segment.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from random import Random

from lbkit.announcer.election.events import Candidates, Drain, Leave, Rebalance
from lbkit.announcer.election.segment import Segment
from lbkit.model.views import IPAddress
from lbkit.tests.announcer.election.judge import Findings, Judge
from lbkit.tests.announcer.election.world import SegmentMaker, Wire, World

SIZES = (2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 10, 12, 16, 20)
UNREADY = 0.3
"""Share of the candidates that are not Ready, in every fifth schedule."""
SETTLED_S = 3.0
"""Stations start, listen, claim and probe."""


@dataclass(slots=True)
class Schedule:
    """One run: what it is, and what was done."""

    seed: int
    size: int
    script: list[str] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    sent: int = 0


def play(seed: int, make: SegmentMaker = Segment) -> Schedule:
    """Run the schedule of a seed."""
    random = Random(seed)  # noqa: S311  # to be run again, not to be secret
    schedule = Schedule(seed, random.choice(SIZES))
    unready = UNREADY if seed % 10 in (6, 7) else 0.0
    names = [f"node-{number}" for number in range(schedule.size)]
    addresses = [
        ip_address(f"2001:db8::{number}" if random.random() < 0.3 else f"192.0.2.{number}")
        for number in range(1, random.choice((1, 1, 2, 3, 4)) + 1)
    ]
    wire = Wire(
        loss=random.choice((0.0, 0.0, 0.0, 0.01, 0.05, 0.15)),
        doubled=random.choice((0.0, 0.0, 0.05)),
        delay_s=random.choice((0.0005, 0.002, 0.010)),
        late=random.choice((0.0, 0.0, 0.01, 0.05)),
        late_s=random.choice((0.05, 0.3)),
        noise_s=random.choice((0.0, 0.1, 0.6)),
    )
    world = World(
        random,
        names,
        _candidates(random, names, addresses, unready),
        wire,
        make=make,
        skew=0.01,
        lag_s=random.choice((0.05, 0.3, 3.0)),
    )
    world.connections = Random(-seed) if seed % 2 else None  # noqa: S311  # repeatable
    schedule.script.append(f"{wire}")
    end_s = _Plan(world, schedule, addresses, unready).make()
    schedule.findings = Judge(world).watch(end_s)
    schedule.sent = world.sent
    return schedule


def _candidates(
    random: Random, names: list[str], addresses: list[IPAddress], unready: float
) -> Mapping[IPAddress, Candidates]:
    found = {}
    for address in addresses:
        some = names if random.random() < 0.6 else random.sample(names, random.randint(1, len(names)))
        weights = {name: random.randint(1, 100) for name in some if random.random() < 0.2}
        reluctant = frozenset(name for name in some if unready and random.random() < unready)
        found[address] = Candidates(dict.fromkeys(some), weights, reluctant)
    return found


class _Plan:
    """Puts faults into a world's future."""

    def __init__(self, world: World, schedule: Schedule, addresses: list[IPAddress], unready: float) -> None:
        self._world = world
        self._random = world.random
        self._names = list(world.nodes)
        self._schedule = schedule
        self._addresses = addresses
        self._unready = unready

    def make(self) -> float:
        """Plan faults; return when the run ends."""
        random = self._random
        when_s = SETTLED_S
        kinds = {name.removeprefix("_plan_"): value for name, value in vars(_Plan).items() if name.startswith("_plan_")}
        for _ in range(random.randint(1, 6)):
            when_s += random.choice((0.05, 0.3, 1.0, 2.5)) * random.uniform(0.2, 1.5)
            end_s = when_s + random.choice((0.1, 0.4, 0.6, 1.0, 3.0)) * random.uniform(0.5, 1.5)
            fault, name = random.choice(list(kinds)), random.choice(self._names)
            self._schedule.script.append(f"{when_s:.3f}-{end_s:.3f} s: {fault} {name}")
            kinds[fault](self, name, when_s, end_s)
        return when_s + 6.0

    def _plan_kill(self, name: str, when_s: float, end_s: float) -> None:
        self._world.at(when_s, partial(self._world.kill, name))
        if self._random.random() < 0.6:
            self._world.at(end_s, partial(self._world.boot, name, self._random.randint(2, 200)))

    def _plan_restart(self, name: str, when_s: float, _: float) -> None:
        epoch = self._random.choice((0, 1, 1000)) + self._random.randint(0, 50)
        self._world.at(when_s, partial(self._world.kill, name))
        self._world.at(when_s + self._random.uniform(0, 0.4), partial(self._world.boot, name, epoch))

    def _plan_outage(self, _: str, when_s: float, end_s: float) -> None:
        for each in self._names:
            self._world.at(when_s, partial(self._world.kill, each))
            self._world.at(end_s + self._random.uniform(0, 0.5), partial(self._world.boot, each, 9000))

    def _plan_freeze(self, name: str, when_s: float, end_s: float) -> None:
        self._world.at(when_s, partial(self._world.freeze, name, end_s - when_s))

    def _plan_stall(self, name: str, when_s: float, _: float) -> None:
        for number in range(10):
            stall_s = self._random.uniform(0.02, 0.28)
            self._world.at(when_s + number * 0.3, partial(self._world.freeze, name, stall_s))

    def _plan_link(self, name: str, when_s: float, end_s: float) -> None:
        self._world.at(when_s, partial(self._world.set_link, name, is_up=False))
        self._world.at(end_s, partial(self._world.set_link, name, is_up=True))

    def _plan_flapping_link(self, name: str, when_s: float, _: float) -> None:
        for number in range(20):
            self._world.at(when_s + number * 0.05, partial(self._world.set_link, name, is_up=number % 2 == 1))

    def _plan_split(self, _: str, when_s: float, end_s: float) -> None:
        apart = self._random.sample(self._names, self._random.randint(1, len(self._names)))
        self._world.at(when_s, partial(self._world.set_sides, apart, 1))
        self._world.at(end_s, partial(self._world.set_sides, self._names, 0))

    def _plan_one_way(self, _: str, when_s: float, end_s: float) -> None:
        some = self._random.sample(self._names, self._random.randint(1, len(self._names)))
        self._cut(when_s, end_s, {(one, other) for one in some for other in self._names if other not in some})

    def _plan_pair(self, name: str, when_s: float, end_s: float) -> None:
        other = self._random.choice(self._names)
        self._cut(when_s, end_s, {(name, other), (other, name)})

    def _plan_pair_one_way(self, name: str, when_s: float, end_s: float) -> None:
        self._cut(when_s, end_s, {(name, self._random.choice(self._names))})

    def _plan_deaf(self, name: str, when_s: float, end_s: float) -> None:
        self._world.at(when_s, partial(self._world.set_hearing, name, is_deaf=True))
        self._world.at(end_s, partial(self._world.set_hearing, name, is_deaf=False))

    def _plan_mute(self, name: str, when_s: float, end_s: float) -> None:
        self._world.at(when_s, partial(self._world.set_voice, name, is_mute=True))
        self._world.at(end_s, partial(self._world.set_voice, name, is_mute=False))

    def _plan_candidates(self, _: str, when_s: float, __: float) -> None:
        candidates = _candidates(self._random, self._names, self._addresses, self._unready)
        self._world.at(when_s, partial(self._world.set_candidates, candidates))

    def _plan_drain(self, name: str, when_s: float, end_s: float) -> None:
        self._world.at(when_s, partial(self._world.command, name, Drain()))
        self._world.at(end_s, partial(self._world.command, name, Drain(is_on=False)))

    def _plan_leave(self, name: str, when_s: float, end_s: float) -> None:
        self._world.at(when_s, partial(self._world.command, name, Drain()))
        self._world.at(when_s + 0.5, partial(self._world.command, name, Leave()))
        self._world.at(end_s + 0.5, partial(self._world.boot, name, 5000 + len(self._schedule.script)))

    def _plan_rebalance(self, _: str, when_s: float, __: float) -> None:
        for each in self._names:
            self._world.at(when_s + self._random.uniform(0, 0.1), partial(self._world.command, each, Rebalance()))

    def _cut(self, when_s: float, end_s: float, pairs: set[tuple[str, str]]) -> None:
        self._world.at(when_s, partial(self._world.cut_off, pairs, 1))
        self._world.at(end_s, partial(self._world.cut_off, pairs, -1))
