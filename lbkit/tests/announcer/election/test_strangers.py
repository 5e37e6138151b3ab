"""Rules about hosts outside the cluster, and about other processes that say they are this one.

Pure.
"""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from lbkit.announcer.election.events import (
    Answer,
    Candidates,
    CandidatesChanged,
    Claimed,
    Conflict,
    Event,
    Heard,
    Output,
    Probe,
    Send,
    Silence,
    Tick,
    Traffic,
    Why,
)
from lbkit.announcer.election.segment import Segment
from lbkit.announcer.ownership import rank
from lbkit.packet.heartbeat import Change, Heartbeat, Holding, Objection, Phase, Report, station_id

VIP = IPv4Address("192.0.2.10")
STRANGER = bytes.fromhex("0200000000ff")
BOTH = Candidates({"a": None, "b": None})
READY_S = 1.06


class Driver:
    """One station, driven through time; nothing is heard but what is said."""

    def __init__(self, candidates: Candidates = BOTH, address: IPv4Address = VIP) -> None:
        self.now_s = 0.0
        self.segment = Segment("a", "eth1", 5, 0.0)
        self.outputs: list[tuple[float, Output]] = []
        self.take(CandidatesChanged({address: candidates}))

    def take(self, event: Event) -> None:
        """Give one event."""
        self.outputs += [(self.now_s, output) for output in self.segment.take(event, self.now_s)]

    def run(self, until_s: float) -> None:
        """Let time pass."""
        while self.segment.wake_s <= until_s:
            self.now_s = self.segment.wake_s
            self.take(Tick())
        self.now_s = until_s

    def seen(self, kind: type[Output]) -> list[Output]:
        """List the outputs of a kind, and forget all."""
        found = [output for _, output in self.outputs if isinstance(output, kind)]
        self.outputs.clear()
        return found


def beat(
    sequence: int, *, node: str = "b", epoch: int = 1, address: IPv4Address = VIP, term: int = 0, heard: int = 0
) -> Heartbeat:
    """Make a heartbeat of another station, perhaps one that holds the address, and perhaps one that hears us."""
    made = Heartbeat(node, "eth1", epoch, sequence, Phase.READY)
    if term:
        made = replace(made, holds=sequence, top=sequence, changes=(Change(address, Holding.HELD, term),))
    if heard:
        made = replace(made, reports=(Report(station_id("a", "eth1"), 5, heard, 0),))
    return made


def test_a_first_claim_is_probed_for_three_times() -> None:
    """RFC 5227, with shorter times; a claim of what was held before is not."""
    driver = Driver()
    driver.run(3.0)
    assert [(round(when_s, 2), output) for when_s, output in driver.outputs if isinstance(output, Probe)] == [
        (1.05, Probe(VIP)),
        (1.15, Probe(VIP)),
        (1.25, Probe(VIP)),
    ]
    assert [round(when_s, 2) for when_s, output in driver.outputs if isinstance(output, Answer)] == [1.35]
    driver = Driver()
    driver.take(Heard(beat(1, term=7)))
    driver.run(3.0)
    assert [output for _, output in driver.outputs if isinstance(output, Probe)] == []
    assert driver.seen(Answer) == [Answer(VIP, 8)]


def test_what_a_stranger_has_is_left_to_it_and_tried_again_later() -> None:
    """Nothing is answered; the conflict is told."""
    driver = Driver()
    driver.run(1.2)
    driver.take(Claimed(VIP, STRANGER))
    assert driver.seen(Conflict) == [Conflict(VIP, STRANGER, is_held=False)]
    driver.run(30.0)
    assert not driver.segment.may_answer(VIP, driver.now_s)
    driver.run(32.0)
    assert driver.segment.may_answer(VIP, driver.now_s)


def test_what_is_held_is_not_given_to_a_stranger() -> None:
    """RFC 5227 section 2.4 (c): the address is defended, and the conflict told."""
    driver = Driver()
    driver.run(2.0)
    driver.take(Claimed(VIP, STRANGER))
    assert driver.seen(Conflict) == [Conflict(VIP, STRANGER, is_held=True)]
    assert driver.segment.may_answer(VIP, driver.now_s)


def test_a_member_of_the_cluster_is_no_stranger() -> None:
    """A late frame of the owner before is no conflict."""
    driver = Driver()
    driver.run(2.0)
    driver.take(Heard(beat(1, heard=1), STRANGER))
    driver.take(Claimed(VIP, STRANGER))
    assert driver.seen(Conflict) == []


@pytest.mark.parametrize("address", [VIP + number for number in range(4)], ids=str)
@pytest.mark.parametrize("more", [-1, 0, 1], ids=["lower-term", "equal-term", "higher-term"])
def test_the_better_claim_wins(address: IPv4Address, more: int) -> None:
    """The higher term; on equal terms the better rank, the same on both sides."""
    driver = Driver(address=address)
    driver.take(Heard(beat(1, address=address, term=4)))
    driver.run(3.0)
    assert driver.segment.mine[address].term == 5
    for _ in range(7):
        driver.run(driver.now_s + 0.1)
        driver.take(Traffic())
    driver.take(Heard(beat(2, address=address, term=5 + more)))
    does_yield = more > 0 or (more == 0 and rank(address, "b") < rank(address, "a"))
    assert driver.seen(Silence) == ([Silence(address, Why.YIELDED)] if does_yield else [])


@pytest.mark.parametrize("is_traffic_first", [False, True])
def test_what_was_claimed_in_deafness_is_given_to_any_other_that_holds_it(is_traffic_first: bool) -> None:
    """Whoever could not hear the others took them for gone; it was the one that was."""
    driver = Driver()
    driver.take(Heard(beat(1, term=4)))
    driver.run(3.0)
    if is_traffic_first:
        driver.take(Traffic())
        driver.run(3.1)
    driver.take(Heard(beat(2, term=4)))
    assert driver.seen(Silence) == [Silence(VIP, Why.YIELDED)]
    assert VIP not in driver.segment.mine


def test_what_was_claimed_in_deafness_is_kept_where_nobody_else_holds_it() -> None:
    """On a quiet segment, whoever takes over from the only other station hears nothing then."""
    driver = Driver()
    driver.take(Heard(beat(1, term=4)))
    driver.run(3.0)
    driver.take(Heard(replace(beat(2), holds=2, base=1, top=2, changes=(Change(VIP, Holding.RELEASED, 4),))))
    assert driver.segment.mine[VIP].term == 5


def test_a_heartbeat_heard_again_says_nothing() -> None:
    """A recorded one does not keep a dead station alive."""
    driver = Driver()
    driver.take(Heard(beat(1, term=7)))
    for _ in range(40):
        driver.run(driver.now_s + 0.1)
        driver.take(Heard(beat(1, term=7)))
    assert driver.segment.may_answer(VIP, driver.now_s)


def test_an_older_start_of_this_station_gives_way() -> None:
    """Two processes of one node never answer both."""
    driver = Driver()
    driver.run(2.0)
    driver.take(Heard(beat(1, node="a", epoch=6)))
    assert driver.seen(Silence) == [Silence(VIP, Why.SUPERSEDED)]
    driver.run(2.4)
    driver.take(Heard(beat(2, node="a", epoch=6)))
    driver.run(2.8)
    assert driver.seen(Send) == []
    driver.run(3.0)
    sent = driver.seen(Send)
    assert sent
    assert all(isinstance(each, Send) and each.beat.epoch == 7 for each in sent)


def test_a_younger_start_of_this_station_goes_on() -> None:
    """It is the other one that gives way."""
    driver = Driver()
    driver.run(2.0)
    driver.take(Heard(beat(1, node="a", epoch=4)))
    assert driver.segment.may_answer(VIP, driver.now_s)


def test_an_objection_stops_a_claim() -> None:
    """Somebody holds the address whom we do not hear; we try again when that is not told any more."""
    driver = Driver()
    driver.take(Heard(beat(1)))
    driver.run(0.9)
    objection = Objection(VIP, station_id("c", "eth1"), 3)
    driver.take(Heard(replace(beat(2), objections=(objection,))))
    driver.run(2.5)
    assert VIP not in driver.segment.mine
    driver.run(6.0)
    assert driver.segment.mine[VIP].term == 4


@pytest.mark.parametrize("is_deaf", [True, False])
def test_an_objection_for_a_station_that_hears_nothing_is_void(is_deaf: bool) -> None:
    """We hear itself that it can answer nobody; whoever objected did not, and what it holds by now was lost on us."""
    driver = Driver(Candidates(dict.fromkeys("ab")))
    driver.run(2.0)
    for sequence in range(1, 9):
        driver.run(driver.now_s + 0.1)
        driver.take(Heard(replace(beat(sequence), is_deaf=is_deaf, holds=1)))
        driver.take(Heard(beat(sequence, node="c")))
    assert driver.segment.mine[VIP].is_answering
    driver.take(Heard(replace(beat(9, node="c"), objections=(Objection(VIP, station_id("b", "eth1"), 7),))))
    assert (VIP in driver.segment.mine) is is_deaf


def test_two_interfaces_of_a_node_on_one_segment_are_two_stations() -> None:
    """One hardware address answers, not both."""
    driver = Driver(Candidates({"a": None}))
    driver.take(Heard(replace(beat(1, node="a", term=1), interface="eth0")))
    for number in range(20):
        driver.run(driver.now_s + 0.1)
        driver.take(Heard(replace(beat(2 + number, node="a"), interface="eth0", holds=1)))
    assert VIP not in driver.segment.mine
