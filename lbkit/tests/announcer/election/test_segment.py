"""Rules of ownership on one segment, each shown on a wire that loses nothing.

Pure.
"""

from collections.abc import Callable, Iterable
from ipaddress import IPv6Address
from itertools import pairwise

import pytest

from lbkit.announcer.election.events import (
    Candidates,
    CandidatesChanged,
    Drain,
    FamiliesChanged,
    Leave,
)
from lbkit.announcer.ownership import owner
from lbkit.tests.announcer.election.settled import (
    NAMES,
    READY_S,
    STEP_S,
    VIP,
    answering,
    outage_s,
    the_owner,
    watch,
    world,
)


def test_a_station_listens_twice_the_detection_time_and_probes_before_it_answers() -> None:
    """Whoever holds the address already must be heard first, and a stranger asked for."""
    made = world(["a"], ready=False)
    made.run(0.3 + 2 * 0.525)
    assert answering(made) == []
    made.run(0.3 + 2 * 0.525 + 0.36)
    assert answering(made) == ["a"]


def test_a_dead_owner_is_replaced_after_the_detection_time_and_within_a_second() -> None:
    """Not sooner than 3.5 periods after its last heartbeat, which was one period old at most."""
    made = world()
    dead = the_owner(made)
    made.kill(dead)
    seen = watch(made, 1.0)
    assert len(seen[-1]) == 1
    assert seen[-1] != [dead]
    assert 0.39 <= outage_s(seen) <= 0.65


def test_the_others_answer_on_while_one_dies() -> None:
    """Its word is not waited for longer than the lease lasts."""
    made = world()
    alive = the_owner(made)
    made.kill(next(name for name in NAMES if name != alive))
    assert all(each == [alive] for each in watch(made, 2.0))


def test_a_returning_station_takes_nothing_back() -> None:
    """An owner that is heard and eligible keeps its address, whoever ranks better."""
    made = world()
    first = the_owner(made)
    made.kill(first)
    made.run(made.now_s + 1.0)
    second = the_owner(made)
    made.boot(first, 2)
    assert all(each == [second] for each in watch(made, 4.0))


def test_an_owner_without_carrier_is_silent_at_once_and_replaced() -> None:
    """With the announcing interface alone down, too."""
    made = world()
    first = the_owner(made)
    made.set_link(first, is_up=False)
    assert answering(made) == []
    seen = watch(made, 1.0)
    assert outage_s(seen) <= 0.65
    assert the_owner(made) != first


def test_a_drained_owner_hands_over_without_a_gap() -> None:
    """The successor claims, the owner stops when it hears it, the successor answers when it hears that."""
    made = world(addresses=[VIP + number for number in range(50)])
    drained = next(name for name in NAMES if any(the_owner(made, VIP + number) == name for number in range(50)))
    made.command(drained, Drain())
    gap_s = dict.fromkeys(range(50), 0.0)
    for _ in range(400):
        made.run(made.now_s + 0.001)
        for number in gap_s:
            names = answering(made, VIP + number)
            assert len(names) <= 1
            gap_s[number] += 0.001 * (not names)
    assert all(the_owner(made, VIP + number) != drained for number in range(50))
    assert max(gap_s.values()) <= 0.01


def test_a_drained_owner_without_successor_keeps_its_addresses() -> None:
    """An address that nobody answers for helps nobody."""
    made = world(["a"])
    made.command("a", Drain())
    assert all(each == ["a"] for each in watch(made, 2.0))


def test_who_leaves_is_replaced_without_the_detection_time() -> None:
    """A last word is as good as silence."""
    made = world()
    made.command(the_owner(made), Leave())
    assert outage_s(watch(made, 1.0)) <= 0.15


def test_an_address_that_loses_its_eligibility_moves_at_once() -> None:
    """The owner releases, the others need not wait."""
    made = world()
    first = the_owner(made)
    made.lag_s = 0.0
    made.set_candidates({VIP: Candidates(dict.fromkeys(name for name in NAMES if name != first))})
    assert outage_s(watch(made, 1.0)) <= 0.15
    assert the_owner(made) != first


def test_an_address_that_is_no_more_is_released() -> None:
    """Nothing is answered for a deleted Service."""
    made = world()
    made.lag_s = 0.0
    made.set_candidates({})
    made.run(made.now_s + 0.01)
    assert answering(made) == []


def test_a_frozen_owner_does_not_answer_from_the_past() -> None:
    """When it goes on it is silent, though it still believes to be the owner, and it learns that it is not."""
    made = world()
    frozen = the_owner(made)
    made.freeze(frozen, 3.0)
    made.run(made.now_s + 1.0)
    second = the_owner(made)
    assert second != frozen
    assert all(each == [second] for each in watch(made, 4.0))


def test_a_lone_frozen_owner_answers_again() -> None:
    """Nobody took over, which it knows when it has listened."""
    made = world(["a"])
    made.freeze("a", 3.0)
    made.run(made.now_s + 3.0)
    assert answering(made) == []
    made.run(made.now_s + 0.35)
    assert answering(made) == ["a"]


def test_a_frozen_owner_takes_nothing_back_from_one_that_started_meanwhile() -> None:
    """Whoever took over may not know the term that was reached before its start."""
    made = world(["a", "b"])
    first = the_owner(made)
    made.command(first, Drain())
    made.run(made.now_s + 0.5)
    frozen = the_owner(made)
    assert frozen != first
    made.freeze(frozen, 4.0)
    made.kill(first)
    made.boot(first, 2)
    made.run(made.now_s + 3.0)
    assert the_owner(made) == first
    assert made.nodes[first].segment.mine[VIP].term < made.nodes[frozen].segment.mine[VIP].term
    seen = watch(made, 4.0)
    assert all(each in ([], [first]) for each in seen)
    # It does not answer until it knows what the other holds.
    assert outage_s(seen) <= 0.1
    assert VIP not in made.nodes[frozen].segment.mine


@pytest.mark.parametrize("is_owner_cut", [True, False], ids=["owner-not-heard", "owner-hears-not"])
def test_a_one_way_cable_never_gives_two_answers(is_owner_cut: bool) -> None:
    """An owner that is not heard stops before another claims; one that does not hear keeps its address."""
    made = world(["a", "b"])
    first = the_owner(made)
    other = "b" if first == "a" else "a"
    made.cut_off({(first, other) if is_owner_cut else (other, first)}, 1)
    seen = watch(made, 5.0)
    assert all(len(each) <= 1 for each in seen)
    assert outage_s(seen) <= 0.6
    assert seen[-1] == [other if is_owner_cut else first]
    assert sum(one != two for one, two in pairwise(seen)) <= 2


def test_an_owner_that_does_not_know_a_new_candidate_yet_hears_its_claim_before_it_answers() -> None:
    """The new one hears nobody but is heard; the lease of the owner did not depend on it."""
    made = world(["a", "b"], ready=False)
    made.set_candidates({VIP: Candidates({"a": None})})
    made.run(READY_S)
    assert the_owner(made) == "a"
    made.cut_off({("a", "b")}, 1)
    made.run(made.now_s + 1.5)
    assert the_owner(made) == "a"
    seen: list[list[str]] = []
    made.look = lambda: seen.append(answering(made))
    made.give(made.nodes["b"], CandidatesChanged({VIP: Candidates(dict.fromkeys("ab"))}))
    made.run(made.now_s + 0.5)
    assert seen
    assert all(len(each) <= 1 for each in seen)
    assert the_owner(made) == "b"


def test_a_station_that_hears_nothing_is_replaced() -> None:
    """It can answer nobody, and says so."""
    made = world()
    deaf = the_owner(made)
    made.set_hearing(deaf, is_deaf=True)
    assert outage_s(watch(made, 1.0)) <= 0.65
    second = the_owner(made)
    made.set_hearing(deaf, is_deaf=False)
    seen = watch(made, 3.0)
    # What it hears first may be a request, which it answers; its heartbeat leaves with that.
    assert sum(each != [second] for each in seen) <= 1


def test_who_was_stopped_still_believes_a_station_that_hears_nothing() -> None:
    """It takes back what that one claimed meanwhile, though it did not believe it while it did not run itself."""
    made = world(["a", "b"])
    able = the_owner(made)
    made.set_hearing("a" if able == "b" else "b", is_deaf=True)
    made.run(made.now_s + 1.0)
    made.freeze(able, 1.3)
    made.run(made.now_s + 1.3)
    assert outage_s(watch(made, 1.0)) <= 1.0
    assert answering(made) == [able]


def test_both_sides_of_a_split_answer_and_one_after_it() -> None:
    """When the segment is whole again, two answer for one period at most."""
    made = world()
    first = the_owner(made)
    others = [name for name in NAMES if name != first]
    made.set_sides([first], 1)
    made.run(made.now_s + 2.0)
    assert len(answering(made)) == 2
    made.set_sides(NAMES, 0)
    seen = watch(made, 2.0)
    assert [len(each) for each in seen].count(2) * STEP_S <= 0.150
    # The side that took over raised the term.
    assert seen[-1][0] in others


def test_a_pair_that_cannot_hear_each_other_is_held_together_by_a_third() -> None:
    """Who is alive is known from others; who holds what is objected by others."""
    made = world([*NAMES, "d"])
    one, other, _ = (name for name in made.nodes if name != the_owner(made))
    made.cut_off({(one, other), (other, one)}, 1)
    made.run(made.now_s + 1.0)
    made.kill(the_owner(made))
    seen = watch(made, 6.0)
    assert all(len(each) <= 1 for each in seen)
    assert outage_s(seen) <= 0.75


def test_a_clock_that_went_back_before_a_start_is_noticed() -> None:
    """Others say which start they know, and a greater epoch is taken."""
    made = world(["a", "b"])
    made.kill("a")
    made.boot("a", 0)
    made.run(made.now_s + 5.0)
    made.kill("b")
    assert outage_s(watch(made, 1.5)) <= 0.65
    assert the_owner(made) == "a"


def test_an_idle_segment_costs_the_same_whatever_is_held() -> None:
    """At most 10 heartbeats a second and station, and no change in them."""
    for count in (1, 300):
        made = world(addresses=[VIP + number for number in range(count)])
        made.run(made.now_s + 2.0)
        before = made.sent
        made.run(made.now_s + 10.0)
        assert 7 * 10 * len(NAMES) <= made.sent - before <= 10 * 10 * len(NAMES)


def test_what_is_known_of_the_api_by_one_node_only_does_not_stop_a_take_over() -> None:
    """Whoever ranks second waits 300 ms for the first, and claims then."""
    made = world(["a", "b"])
    candidates: Callable[[Iterable[str]], CandidatesChanged] = lambda names: CandidatesChanged(  # noqa: E731
        {VIP: Candidates(dict.fromkeys(names))}
    )
    other = next(name for name in ("a", "b") if name != owner(VIP, {"a", "b"}))
    best = "b" if other == "a" else "a"
    made.give(made.nodes[best], candidates([]))
    assert outage_s(watch(made, 1.0)) <= 0.45
    assert the_owner(made) == other


def test_an_owner_that_is_not_ready_gives_way_to_one_that_is() -> None:
    """Without a gap; and it takes the address again where nobody else is left."""
    made = world(["a", "b"])
    first = the_owner(made)
    other = "b" if first == "a" else "a"
    made.set_candidates({VIP: Candidates(dict.fromkeys("ab"), reluctant=frozenset({first}))})
    seen = watch(made, 4.0)
    assert seen[-1] == [other]
    assert outage_s(seen) <= 0.01
    made.kill(other)
    assert outage_s(watch(made, 1.5)) <= 0.65
    assert the_owner(made) == first


def test_where_no_candidate_is_ready_nobody_gives_way() -> None:
    """The API server lost sight of all kubelets at once: nothing moves."""
    made = world()
    first = the_owner(made)
    made.set_candidates({VIP: Candidates(dict.fromkeys(NAMES), reluctant=frozenset(NAMES))})
    assert all(each == [first] for each in watch(made, 5.0))


def test_ipv6_is_claimed_when_the_interface_speaks_it() -> None:
    """Its link-local address comes a second after the carrier; nothing else of the interface moves then."""
    vip6 = IPv6Address("2001:db8::1")
    made = world(["a"], addresses=[VIP, vip6], ready=False)
    made.run(0.3)
    made.give(made.nodes["a"], FamiliesChanged(speaks_ipv6=False))
    made.run(READY_S)
    assert (answering(made, VIP), answering(made, vip6)) == (["a"], [])
    made.give(made.nodes["a"], FamiliesChanged(speaks_ipv6=True))
    assert all(each == ["a"] for each in watch(made, 1.0))
    assert answering(made, vip6) == ["a"]


def test_it_is_known_when_all_was_handed_over() -> None:
    """A process that is to end waits for that; a lone station has nobody to wait for."""
    made = world(["a", "b"])
    first = made.nodes[the_owner(made)]
    assert not made.nodes[first.name].segment.is_handed_over
    made.command(first.name, Drain())
    made.run(made.now_s + 0.3)
    assert answering(made) != [first.name]
    assert made.nodes[first.name].segment.is_handed_over
    lone = world(["a"])
    assert lone.nodes["a"].segment.is_handed_over


def test_who_is_told_of_an_owner_that_dies_then_does_not_wait_for_it() -> None:
    """What a third told of a claim counts only as long as its holder is alive."""
    made = world()
    made.set_candidates({VIP: Candidates({"a": None, "b": None})})
    made.run(made.now_s + 1.0)
    first = the_owner(made)
    (second,) = {"a", "b"} - {first}
    made.set_hearing(first, is_deaf=True)
    made.run(made.now_s + 1.0)
    assert the_owner(made) == second
    made.kill(second)
    made.run(made.now_s + 0.4)
    made.set_hearing(first, is_deaf=False)
    seen = watch(made, 1.0)
    assert seen[-1] == [first]
    assert outage_s(seen) < 0.75


def test_a_station_that_drains_is_needed_until_it_is_known_what_it_claimed_before() -> None:
    """Its claim was lost on the wire, and it hears nobody: it answers, and whoever held the address must not."""
    made = world(["a", "b"])
    first = the_owner(made)
    (second,) = {"a", "b"} - {first}
    made.cut_off([(first, second)], 1)
    while VIP not in made.nodes[second].segment.mine:
        made.run(made.now_s + 0.000_1)
    made.set_hearing(first, is_deaf=True)
    made.run(made.now_s + 0.002)
    made.set_hearing(first, is_deaf=False)
    made.command(second, Drain())
    assert all(len(each) < 2 for each in watch(made, 1.0))
