"""Rules for an election: one candidate by itself, then several of them on one Lease with time, faults and bad clocks.

Pure.
"""

import math
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbkit.model.election import LONGEST_LEASE_S, TIMING, Election, Read, Wait, Write
from lbkit.model.objects import Lease, LeaseSpec, Metadata


def lease(version: int, holder: str | None = "other", *, lasts_s: int | None = 3, transitions: int = 0) -> Lease:
    """Give the Lease at one resourceVersion."""
    spec = LeaseSpec(holder_identity=holder, lease_duration_seconds=lasts_s, lease_transitions=transitions)
    return Lease(metadata=Metadata(name="l", resource_version=str(version)), spec=spec)


def candidate(name: str = "me") -> Election:
    """Give a candidate without jitter."""
    return Election(name, lambda: 0.5)


def leader(at_s: float = 0.0) -> Election:
    """Give a candidate that has just taken a released Lease."""
    made = candidate()
    made.see(lease(1, ""), at_s)
    made.written(lease(2, "me"), at_s, at_s)
    assert made.leads(at_s)
    return made


def test_nothing_is_done_before_the_lease_was_looked_at() -> None:
    """A candidate that knows nothing waits."""
    assert candidate().plan(5.0) == Wait(math.inf)


def test_a_lease_that_changes_is_left_alone() -> None:
    """Each change that is seen starts the wait anew, whatever times stand in it."""
    standby = candidate()
    for version in range(1, 6):
        standby.see(lease(version), float(version))
        assert standby.plan(float(version)) == Wait(version + 3.0)


def test_a_lease_that_is_still_for_long_is_taken() -> None:
    """After its duration without a change: one transition more, against the very version that was seen."""
    standby = candidate()
    standby.see(lease(7, transitions=4), 10.0)
    assert standby.plan(12.9) == Wait(13.0)
    assert standby.plan(13.0) == Write(
        "7", {"holderIdentity": "me", "leaseDurationSeconds": 3, "leaseTransitions": 5}, is_acquired=True
    )


@pytest.mark.parametrize(
    ("written_s", "waits_s"),
    [(None, 3.0), (0, 3.0), (-5, 3.0), (1, 3.0), (15, 15.0), (10**9, float(LONGEST_LEASE_S))],
)
def test_the_longer_of_both_durations_counts(written_s: int | None, waits_s: float) -> None:
    """A holder with a longer Lease is respected, nonsense is bounded."""
    standby = candidate()
    standby.see(lease(1, lasts_s=written_s), 0.0)
    assert standby.plan(0.0) == Wait(waits_s)


@pytest.mark.parametrize("holder", ["", None, "me"], ids=["released", "never held", "its own"])
def test_a_lease_that_is_free_or_its_own_is_taken_at_once(holder: str | None) -> None:
    """After a clean stop nobody waits; nor does a container that starts again in its pod."""
    standby = candidate()
    standby.see(lease(1, holder), 0.0)
    assert isinstance(standby.plan(0.0), Write)


def test_its_own_lease_is_no_transition() -> None:
    """A restart in the same pod does not change hands, but begins a new time."""
    standby = candidate()
    standby.see(lease(1, "me", transitions=3), 0.0)
    assert standby.plan(0.0) == Write("1", {"holderIdentity": "me", "leaseDurationSeconds": 3}, is_acquired=True)


def test_a_missing_lease_is_created_after_a_while() -> None:
    """Somebody may still believe to hold it: it counts as one just renewed."""
    standby = candidate()
    standby.miss(1.0)
    standby.miss(2.0)
    assert standby.plan(2.0) == Wait(4.0)
    spec = {"holderIdentity": "me", "leaseDurationSeconds": 3, "leaseTransitions": 0}
    assert standby.plan(4.0) == Write("", spec, is_acquired=True)


def test_a_leader_renews_every_second() -> None:
    """From the time it asked, with jitter; a renewal leaves transitions and acquireTime alone."""
    made = leader(10.0)
    assert made.plan(10.5) == Wait(11.0)
    assert made.plan(11.0) == Write("2", {"holderIdentity": "me", "leaseDurationSeconds": 3}, is_acquired=False)


def test_a_leader_that_cannot_renew_stops_at_the_deadline() -> None:
    """Failures are tried again soon; two seconds after the last success it is over, before anybody else may start."""
    made = leader(0.0)
    made.failed(1.0)
    assert made.plan(1.2) == Wait(1.3)
    assert made.leads(1.99)
    assert not made.leads(2.0)
    assert made.why == "the Lease was not renewed within 2 s"


def test_a_leader_that_is_told_to_wait_still_stops_in_time() -> None:
    """However long the API server wants to be left alone, the deadline is not overslept."""
    made = leader(0.0)
    made.failed(1.0, wait_s=60.0)
    assert made.plan(1.0) == Wait(2.0)


def test_an_answer_is_waited_for_as_long_as_it_is_of_use() -> None:
    """A leader needs it before the deadline, a candidate before its first one."""
    assert leader(0.0).patience_s(0.2) == 1.0
    assert leader(0.0).patience_s(1.5) == 0.5
    assert candidate().patience_s(0.0) == 2.0


def test_the_deadline_counts_from_the_question() -> None:
    """An answer that took long leaves less time; one that took too long leaves none."""
    made = leader(0.0)
    made.written(lease(3, "me"), 1.0, 1.9)
    assert made.leads(2.9)
    assert not made.leads(3.0)
    late = candidate()
    late.see(lease(1, ""), 0.0)
    late.written(lease(2, "me"), 0.0, 2.5)
    assert not late.leads(2.5)
    assert isinstance(late.plan(2.5), Write)


def test_an_answer_after_the_deadline_begins_a_new_term() -> None:
    """Too late is too late: what was decided before is not to be trusted any more."""
    made = leader(0.0)
    assert made.term == 1
    made.written(lease(3, "me"), 1.0, 2.5)
    assert made.leads(2.5)
    assert made.term == 2


def test_a_conflict_is_a_loss() -> None:
    """Somebody has written the Lease: stop, and read it before anything else."""
    made = leader(0.0)
    made.failed(1.0, is_conflict=True)
    assert not made.leads(1.0)
    assert isinstance(made.plan(1.2), Read)
    made.see(lease(9, "other"), 1.3)
    assert made.plan(1.3) == Wait(4.3)


def test_a_lease_that_went_to_somebody_is_a_loss() -> None:
    """The watch may be quicker than the next renewal."""
    made = leader(0.0)
    made.see(lease(3, "other"), 0.5)
    assert not made.leads(0.5)
    assert made.why == "the Lease went to other"


def test_a_late_watch_changes_nothing() -> None:
    """What is older than the last answer is history, its own renewals no news."""
    made = leader(0.0)
    made.see(lease(1, "other"), 0.5)
    made.see(lease(2, "me"), 0.6)
    assert made.leads(0.6)


def test_a_leader_makes_a_lease_that_was_deleted_again() -> None:
    """It renews at once, learns that there is nothing to renew, and creates it; it leads all the time."""
    made = leader(0.0)
    made.miss(0.4)
    assert isinstance(made.plan(0.4), Write)
    made.failed(0.5, is_gone=True)
    action = made.plan(0.5)
    assert isinstance(action, Write)
    assert action.version == ""
    made.written(lease(9, "me"), 0.5, 0.6)
    assert made.leads(0.6)
    assert made.term == 1


def test_what_cannot_be_created_is_not_hurried() -> None:
    """Without its namespace a Lease cannot be made, however often one tries."""
    made = leader(0.0)
    made.failed(0.5, is_gone=True)
    made.failed(0.5, is_gone=True)
    assert made.plan(0.5) == Wait(0.8)


@pytest.mark.parametrize("wait_s", [0.0, 7.0])
def test_a_standby_waits_after_a_failure(wait_s: float) -> None:
    """A second or so, or as long as the API server asks for."""
    standby = candidate()
    standby.see(lease(1, ""), 0.0)
    standby.failed(0.0, wait_s=wait_s)
    assert standby.plan(0.0) == Wait(max(1.0, wait_s))


def test_a_release_lets_the_next_one_in() -> None:
    """An empty holder, and no leadership after it; nothing to release without one."""
    made = leader(0.0)
    assert made.released(1.0) == Write("2", {"holderIdentity": "", "leaseDurationSeconds": 1}, is_acquired=False)
    assert not made.leads(1.0)
    assert made.released(1.0) is None


def test_writes_end_before_another_one_can_lead() -> None:
    """What is left of the Lease bounds a write; without a Lease there is no time at all."""
    made = leader(0.0)
    assert made.write_time_s(0.0) == pytest.approx(2.8)
    assert made.write_time_s(1.99) == pytest.approx(0.81)
    assert made.write_time_s(2.0) == 0.0


def test_a_write_tells_its_times() -> None:
    """For people: since when somebody holds it, and when it was renewed last."""
    renewal = Write("7", {"holderIdentity": "me"}, is_acquired=False)
    assert renewal.body("l", "T") == {
        "metadata": {"resourceVersion": "7"},
        "spec": {"holderIdentity": "me", "renewTime": "T"},
    }
    creation = Write("", {"holderIdentity": "me"}, is_acquired=True)
    assert creation.body("l", "T") == {
        "metadata": {"name": "l"},
        "spec": {"holderIdentity": "me", "renewTime": "T", "acquireTime": "T"},
    }


@dataclass
class World:
    """An API server with one Lease, and candidates whose clocks stand at different times and may stand still.

    Attributes:
        writes_until_s: for each candidate, when its last write that may have been started has ended at the latest.
    """

    names: tuple[str, ...] = ("a", "b", "c")
    time_s: float = 0.0
    stored: Lease | None = None
    version: int = 0
    lag_s: dict[str, float] = field(default_factory=dict)
    candidates: dict[str, Election] = field(default_factory=dict)
    writes_until_s: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, name in enumerate(self.names):
            self.start(name)
            self.lag_s[name] = 1000.0 * number

    def start(self, name: str) -> None:
        """Start a candidate (again): it remembers nothing, and sees what there is."""
        self.candidates[name] = Election(name, lambda: 0.5)
        self.show(name)

    def now_s(self, name: str) -> float:
        """Give the time on a candidate's clock."""
        return self.time_s + self.lag_s.get(name, 0.0)

    def show(self, name: str) -> None:
        """Let a candidate see the Lease."""
        if self.stored is None:
            self.candidates[name].miss(self.now_s(name))
        else:
            self.candidates[name].see(self.stored, self.now_s(name))

    def act(self, name: str, *, took_s: float, is_lost: bool) -> None:
        """Do what a candidate plans; the answer takes a while, or never comes."""
        made, asked_s = self.candidates[name], self.now_s(name)
        action = made.plan(asked_s)
        if isinstance(action, Wait):
            return
        stored = self.stored
        if isinstance(action, Read):
            self.show(name)
            return
        is_done = action.version == (stored.metadata.resource_version if stored else "")
        if is_done:
            self.version += 1
            self.stored = lease(self.version, str(action.spec["holderIdentity"]))
            for other in {*self.names} - {name}:
                self.show(other)
        self.time_s += took_s
        now_s = self.now_s(name)
        if is_lost:
            made.failed(now_s)
        elif is_done and self.stored is not None:
            made.written(self.stored, asked_s, now_s)
        else:
            made.failed(now_s, is_conflict=stored is not None or self.stored is not None)

    def check(self) -> None:
        """Nobody leads while a write of another one may still be on its way."""
        for name, made in self.candidates.items():
            if made.leads(self.now_s(name)):
                others = [until_s for other, until_s in self.writes_until_s.items() if other != name]
                assert all(self.time_s >= until_s for until_s in others), (name, self.time_s, self.writes_until_s)
                self.writes_until_s[name] = self.time_s + made.write_time_s(self.now_s(name))


NAMES = st.sampled_from(["a", "b", "c"])
SPANS = st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0, 1.9, 2.0, 2.1, 2.9, 3.0, 3.1])
STEPS = st.one_of(
    st.tuples(st.just("act"), NAMES, st.sampled_from([0.0, 0.0, 0.1, 1.0, 1.9, 2.5]), st.booleans()),
    st.tuples(st.just("see"), NAMES),
    st.tuples(st.just("crash"), NAMES),
    st.tuples(st.just("delete"), NAMES),
    st.tuples(st.just("wait"), SPANS),
)


def run(world: World, step: tuple[object, ...]) -> None:
    """Do one step."""
    match step:
        case ("act", str(name), float(took_s), bool(is_lost)):
            world.act(name, took_s=took_s, is_lost=is_lost)
        case ("see", str(name)):
            world.show(name)
        case ("crash", str(name)):
            world.start(name)
        case ("delete", _):
            world.stored = None
        case ("wait", float(span_s)):
            world.time_s += span_s


@settings(max_examples=200)
@given(st.lists(STEPS, min_size=5, max_size=40))
def test_there_are_never_two_leaders(steps: list[tuple[object, ...]]) -> None:
    """Whatever is slow, lost, deleted, restarted or has another time: one leads, and the last one's writes are over."""
    world = World()
    world.time_s = 3.0
    world.act("a", took_s=0.0, is_lost=False)
    assert world.candidates["a"].leads(world.now_s("a"))
    world.check()
    for name in world.names:
        world.show(name)
    for step in steps:
        run(world, step)
        world.check()


@settings(max_examples=100)
@given(st.lists(STEPS, max_size=30))
def test_somebody_leads_in_the_end(steps: list[tuple[object, ...]]) -> None:
    """Once things work again there is one leader, within a Lease's duration and a bit."""
    world = World()
    for step in steps:
        run(world, step)
    for _ in range(10 * (TIMING.lease_duration_s + 2)):
        for name in world.names:
            world.show(name)
            world.act(name, took_s=0.0, is_lost=False)
        world.time_s += 0.1
    assert sum(made.leads(world.now_s(name)) for name, made in world.candidates.items()) == 1
