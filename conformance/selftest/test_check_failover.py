"""The judges of a loss, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import MACS, Made, Row
from conformance.suite import answering, families
from conformance.suite.checks import failover
from conformance.suite.facts import IPAddress
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, OTHER = "10.10.0.200", "10.10.0.199"
OUTAGE, DECLARED = failover.outage(within_s=1.0, at_least=10), failover.outage(within_s=None, at_least=10)
LOST, AGAIN = failover.none_lost(at_least=10), failover.answered_again(within_s=1.0)
ONE, TAKEN = failover.one_at_a_time(), failover.taken_over(within_s=1.0)
ONCE = failover.few_changes(at_most=1)


def served(bound_s: float | None = 1.0, *before: str) -> Made:
    """A Service with an address, which k1 answers for during two seconds under a capture, as others did `before`."""
    made = Made().l2().declares(failover_s=bound_s).opened().created("web").at(0.5).shows("web", VIP)
    for node in before:
        made = made.dialogue(VIP, node, 5, every_s=0.02)
    return made.at(1).dialogue(VIP, "k1", 100, every_s=0.02)


def asked(made: Made, times: int, address: str = VIP) -> Made:
    """Ask without an answer."""
    for _ in range(times):
        made = made.asked(address).at(made.now_s + 0.02)
    return made


def answered(made: Made, times: int = 100, node: str = "k2") -> Made:
    """Ask, and a node answers."""
    return made.dialogue(VIP, node, times, every_s=0.02)


def lost(silent: int = 30, name: str = "links-lost", made: Made | None = None) -> Made:
    """k1 is lost at three seconds; so many questions stay unanswered, then k2 tells everybody and answers."""
    made = asked((made or served()).fault(name, node="k1"), silent)
    return answered(made.told_gratuitously(VIP, "k2"))


def lost_twice(also: str, silent: int = 40) -> Made:
    """k1 is lost, k2 takes over and tells everybody, and before anybody asks another fault hits a node."""
    made = asked(served().fault("killed", node="k1"), 30).told_gratuitously(VIP, "k2").at(3.61)
    made = asked(made.fault("frozen", node=also), silent)
    return answered(made.told_gratuitously(VIP, "k3"), node="k3").closed()


def with_other(node: str = "") -> Made:
    """Another address too, which a node answers for before the first one is."""
    made = Made().shows("other", OTHER).at(0.1)
    made = made.dialogue(OTHER, node, 5, every_s=0.02) if node else asked(made, 5, OTHER)
    return Made([*made.events, *served().events], 3.0)


def loop(made: Made, *errors: str, run: int = 0, every_s: float = 0.02) -> Made:
    """Go on with a client's requests: one for each error, "" is an answer."""
    begin_s = made.now_s
    for number, error in enumerate(errors):
        fields = {"run": run, "number": 0, "begin_ns": int((1000 + begin_s + every_s * number) * 1e9)}
        made = made.at(begin_s + every_s * number + every_s / 2)
        made = made.add("request", "answer", **fields, ok=not error, answer="" if error else "pod", error=error)
    return made.at(begin_s + every_s * len(errors))


def requests(failing: int, bound_s: float | None = 1.0, after: int = 30, before: int = 30) -> Made:
    """A client's requests: some answered, then a fault, some that fail, and some that are answered."""
    made = Made().declares(failover_s=bound_s).requested("web", *[""] * before, every_s=0.02)
    return loop(made.fault("links-lost", node="k1"), *["timeout"] * failing, *[""] * after)


def under_way(error: str) -> Made:
    """A request that began 10 ms before a fault, and ends 10 ms after it; all others are answered."""
    made = Made().declares(failover_s=1.0).requested("web", *[""] * 30, every_s=0.02)
    fault_s = made.now_s + 0.01
    made = loop(made.fault("deaf-to-news").at(fault_s).fault("links-lost").at(fault_s - 0.01), error, every_s=0.04)
    return loop(made, *[""] * 30)


def deaf_first() -> Made:
    """A router that is made deaf before anybody asks, which nobody feels, and then a fault."""
    made = Made().fault("deaf-to-news").at(0.1)
    return Made([*made.events, *requests(40).events], 5.0)


def other_loop() -> Made:
    """Another client's requests of which all fail, beside those that are answered."""
    made = Made().declares(failover_s=1.0).requested("web", *[""] * 30, every_s=0.02)
    made = made.requested("other", *["timeout"] * 30, every_s=0.02).fault("links-lost", node="k1")
    begin_s = made.now_s
    return loop(loop(made, *[""] * 30).at(begin_s), *["timeout"] * 60, run=1)


def both(name: str, lasting_s: float, then: str = "k2") -> Made:
    """k2 begins while k1 still answers, for so long; one of them goes on."""
    made = served().fault(name, node="k1")
    end_s = made.now_s + lasting_s
    while made.now_s < end_s - 1e-9:
        made = made.replied(VIP, "k2").at(made.now_s + 0.005).replied(VIP, "k1").at(made.now_s + 0.005)
    return made.dialogue(VIP, then, 60, every_s=0.02)


def shown(*nodes: str) -> Made:
    """A Service with an address that these nodes answer for, one after the other, and k1 once at two seconds."""
    made = Made().l2().declares(failover_s=1.0).opened().created("web").at(0.5).shows("web", VIP)
    for node in nodes:
        made = answered(made, 10, node)
    return made.at(2).replied(VIP, "k1").at(3)


def hit() -> Made:
    """k1 is lost at three seconds."""
    return served().fault("killed", node="k1")


def healed() -> Made:
    """A split is over at three seconds; two answer at four and a half."""
    made = served().fault("split").fault("split", "mended").at(4.5).replied(VIP, "k1").replied(VIP, "k2")
    return made.at(4.55).replied(VIP, "k1").at(4.56).replied(VIP, "k2")


def split_and_more() -> Made:
    """Two answer for a tenth of a second, and two for half of that, while a segment is split and a node dies."""
    made = both("split", 0.1).fault("killed", node="k1").replied(VIP, "k3").at(5)
    return (
        made.replied(VIP, "k3")
        .at(5.02)
        .replied(VIP, "k2")
        .at(5.07)
        .replied(VIP, "k3")
        .replied(VIP, "k2")
        .at(5.08)
        .replied(VIP, "k3")
    )


def heard_late() -> Made:
    """Nobody answers before the fault."""
    return asked(Made().l2().opened().shows("web", VIP), 30).fault("killed", node="k1")


def marked() -> Made:
    """The owner changes after one mark and not after the next."""
    return answered(lost(made=served().mark("busy")).at(6).mark("idle"))


STRAY = served().fault("frozen", node="k1").at(4).dialogue(VIP, "k2", 60, every_s=0.02)
STRAY = STRAY.replied(VIP, "k1").dialogue(VIP, "k2", 60, every_s=0.02)
BACK = lost().fault("links-lost", "mended", node="k1").at(9).dialogue(VIP, "k1", 50).at(15).dialogue(VIP, "k2", 2)

ROWS = (
    Row("none lost", OUTAGE, requests(0).end(), PASS, "0 requests failed"),
    Row("short", OUTAGE, requests(40).end(), PASS, "0.80 s"),
    Row("long", OUTAGE, requests(60).end(), FAIL, "1.20 s"),
    Row("never ends", OUTAGE, requests(20, after=0).end(), FAIL, "does not end"),
    Row("no bound", DECLARED, requests(0, None).end(), UNKNOWN),
    Row("as declared", DECLARED, requests(40, 1.0).end(), PASS),
    Row("not as declared", DECLARED, requests(40, 0.5).end(), FAIL, "wanted 0.5 s"),
    Row("too few", failover.outage(within_s=1.0, at_least=99), requests(0).end(), UNKNOWN),
    Row("of another loop", failover.outage("web", within_s=1.0), other_loop().end(), PASS),
    Row("just enough", failover.outage(within_s=1.0), requests(0, after=25, before=25).end(), PASS),
    Row("too few before", OUTAGE, requests(0, before=5).end(), UNKNOWN, "5 requests before"),
    Row("too few after", OUTAGE, requests(0, after=5).end(), UNKNOWN, "5 after"),
    Row("too few after the last", OUTAGE, loop(requests(0).fault("drain"), *[""] * 5).end(), UNKNOWN, "5 after"),
    Row(
        "failing before",
        OUTAGE,
        loop(Made().requested("web", *[""] * 9, "reset").fault("x"), *[""] * 30).end(),
        UNKNOWN,
    ),
    Row("under way when it began", OUTAGE, under_way("timeout").end(), PASS, "1 requests failed"),
    Row("deaf before anybody asked", OUTAGE, deaf_first().end(), PASS, "web, links-lost: 40 requests failed"),
    Row("two faults", OUTAGE, loop(requests(40).fault("drain"), *[""] * 30).end(), PASS, "web, drain: 0 requests"),
    Row("two outages", OUTAGE, loop(requests(2), *["reset"] * 40, *[""] * 9).end(), PASS, "longest outage 0.80 s"),
    Row("one under way at the end", OUTAGE, loop(requests(0), "timeout").end(), PASS, "1 requests failed"),
    Row("two at the end", OUTAGE, loop(requests(0), "timeout", "timeout").end(), FAIL, "does not end"),
    Row("fails anew in the end", OUTAGE, loop(requests(9), *["reset"] * 5).end(), FAIL, "does not end"),
    Row("many short ones", OUTAGE, loop(requests(0), *["reset", ""] * 60).end(), FAIL, "60 requests failed"),
    Row("few slow ones", OUTAGE, loop(loop(requests(0), *["timeout"] * 2, every_s=0.9), "").end(), FAIL, "1.80 s"),
    Row("no fault", OUTAGE, Made().declares(failover_s=1.0).requested("web", *[""] * 30).end(), UNKNOWN),
    Row("all answered", LOST, requests(0).end(), PASS),
    Row("one lost", LOST, requests(1).end(), FAIL, "1 of 31"),
    Row("too few", failover.none_lost(at_least=99), requests(0).end(), UNKNOWN),
    Row("of another loop", failover.none_lost("web", at_least=10), other_loop().end(), PASS),
    Row("just enough", failover.none_lost(at_least=30), requests(0).end(), PASS),
    Row("lost under way", LOST, under_way("reset").end(), FAIL, "1 of 31"),
    Row("kept under way", LOST, under_way("").end(), PASS, "31 requests"),
    Row("nobody asked", LOST, Made().fault("x").end(), UNKNOWN),
    Row("nothing done", LOST, Made().requested("web", *[""] * 30).end(), UNKNOWN),
    Row("soon", AGAIN, lost(30).closed().end(), PASS, "0.60 s"),
    Row("late", AGAIN, lost(60).closed().end(), FAIL, "1.20 s"),
    Row("never", AGAIN, asked(served().fault("killed", node="k1"), 80).closed().end(), FAIL, "in the end"),
    Row("frames lost", AGAIN, lost(30).closed(dropped=3).end(), UNKNOWN),
    Row("no fault", AGAIN, served().closed().end(), UNKNOWN),
    Row(
        "never answered",
        AGAIN,
        asked(Made().l2().opened().shows("web", VIP).fault("killed"), 80).closed().end(),
        UNKNOWN,
    ),
    Row("two silences", AGAIN, answered(asked(answered(lost(10)), 60)).closed().end(), FAIL, "1.20 s"),
    Row("the heir was hit, too", AGAIN, lost_twice("k2").end(), PASS, "0.80 s"),
    Row("the heir was hit, too, and long", AGAIN, lost_twice("k2", 60).end(), FAIL, "1.20 s"),
    Row("another was hit, too", AGAIN, lost_twice("k3").end(), FAIL, "1.41 s"),
    Row("silent before the fault", AGAIN, lost(made=answered(asked(served(), 80), node="k1")).closed().end(), PASS),
    Row("asked after the capture", AGAIN, asked(lost().closed(), 80).end(), PASS),
    Row("another address unanswered", AGAIN, lost(made=with_other()).closed().end(), PASS, "1 addresses"),
    Row("another address never silent", AGAIN, lost(60, made=with_other("k3")).closed().end(), FAIL, "1.20 s"),
    Row("answered afterwards only", AGAIN, answered(heard_late()).closed().end(), UNKNOWN),
    Row("few questions", failover.answered_again(within_s=1.0, at_least=999), lost().closed().end(), UNKNOWN),
    Row(
        "enough questions",
        failover.answered_again(within_s=1.0),
        answered(shown("k1").fault("killed", node="k1"), 15).closed().end(),
        PASS,
    ),
    Row("no bound", failover.answered_again(within_s=None), lost(made=served(None)).closed().end(), UNKNOWN),
    Row("one after the other", ONE, lost().closed().end(), PASS, "0.000 s"),
    Row("an answer under way", ONE, both("links-lost", 0.02).closed().end(), PASS),
    Row("both for a while", ONE, both("links-lost", 0.1).closed().end(), FAIL, "without any split"),
    Row("both as a split heals", ONE, both("split", 0.1).closed().end(), PASS),
    Row("both long as a split heals", ONE, both("split", 0.3).closed().end(), FAIL, "0.15 s"),
    Row("one word from the past", ONE, STRAY.closed().end(), FAIL, "fell silent again"),
    Row("both after a split has healed", ONE, healed().closed().end(), FAIL, "without any split"),
    Row("both as one of two faults heals", ONE, split_and_more().closed().end(), PASS, "0.095 s"),
    Row("an address that nobody has", ONE, lost(made=with_other()).closed().end(), PASS, "2 addresses"),
    Row("nobody has any", ONE, Made().l2().opened().shows("web", VIP).closed().end(), UNKNOWN),
    Row("not captured", ONE, lost().end(), UNKNOWN),
    Row("by another", TAKEN, lost(30).closed().end(), PASS, "k2"),
    Row("late", TAKEN, lost(70).closed().end(), FAIL, "wanted 1 s"),
    Row("by nobody", TAKEN, asked(served().fault("killed", node="k1"), 80).closed().end(), FAIL, "nobody"),
    Row(
        "told nobody",
        TAKEN,
        asked(served().fault("killed", node="k1"), 9).dialogue(VIP, "k2", 9).closed().end(),
        FAIL,
        "told nobody",
    ),
    Row("another node hit", TAKEN, served().fault("killed", node="k3").closed().end(), UNKNOWN),
    Row(
        "told late",
        TAKEN,
        answered(answered(hit().at(3.3), 50).at(4.8).told_gratuitously(VIP, "k2")).closed().end(),
        FAIL,
        "for 1.50 s",
    ),
    Row(
        "told, then asked",
        TAKEN,
        answered(hit().at(3.3).told_gratuitously(VIP, "k2").at(4.5)).closed().end(),
        PASS,
        "0.30 s",
    ),
    Row("after a fault of no node", TAKEN, lost(made=served().fault("renew")).closed().end(), PASS),
    Row("had it from another", TAKEN, lost(made=shown("k2")).closed().end(), PASS, "0.60 s"),
    Row(
        "the lost one speaks",
        TAKEN,
        answered(hit(), 1, "k1").at(4.4).told_gratuitously(VIP, "k2").closed().end(),
        FAIL,
        "1.40 s",
    ),
    Row("another's address stays", TAKEN, lost(made=with_other("k3")).closed().end(), PASS),
    Row("no bound", failover.taken_over(within_s=None), lost(made=served(None)).closed().end(), UNKNOWN),
    Row("not captured", TAKEN, lost().end(), UNKNOWN),
    Row("once", ONCE, lost().closed().end(), PASS, "k1 -> k2"),
    Row("there and back", ONCE, BACK.closed().end(), FAIL, "3 times"),
    Row("to a stranger", ONCE, served().fault("x").replied(VIP, "02:00:00:00:99:99").closed().end(), FAIL, "stranger"),
    Row("twice", ONCE, answered(lost().at(9), 50, "k3").closed().end(), FAIL, "2 times"),
    Row("changed before", ONCE, lost(made=served(1.0, "k2")).closed().end(), PASS, ": k1 -> k2"),
    Row("pauses", ONCE, answered(lost().at(9)).closed().end(), PASS, ": k1 -> k2"),
    Row("another address is new", ONCE, lost(made=with_other()).at(8).replied(OTHER, "k3").closed().end(), PASS),
    Row("since another mark", failover.few_changes(at_most=0, since="idle"), marked().closed().end(), PASS),
    Row("not captured", ONCE, lost().end(), UNKNOWN),
    Row("no fault", ONCE, served().closed().end(), UNKNOWN),
    Row("no mark", failover.few_changes(at_most=1, since="idle"), lost().closed().end(), UNKNOWN, "mark idle"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_failover_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason


def test_overlaps_tell_a_hand_over_from_a_stray_answer() -> None:
    """Who stops first was the older one in a hand-over; one that speaks once amid another's answers is a stray."""
    address: IPAddress = next(iter(answering_addresses(both("x", 0.1))))
    (found,) = answering.overlaps(both("x", 0.1).end(), address)
    assert (found.older, found.newer, found.is_stray) == (MACS["k1"], MACS["k2"], False)
    assert 0.09 < found.lasted_s < 0.11
    (stray,) = answering.overlaps(STRAY.end(), address)
    assert (stray.older, stray.newer, stray.is_stray, stray.lasted_s) == (MACS["k2"], MACS["k1"], True, 0.0)
    assert answering.overlaps(lost().end(), address) == ()


def answering_addresses(made: Made) -> tuple[IPAddress, ...]:
    """Return the addresses that a history's Services showed."""
    return families.given(made.end())


def test_gaps_are_from_a_failure_to_the_next_success() -> None:
    """What fails in the end is a gap that is not over."""
    found = answering.gaps([(0, True), (1, False), (2, False), (5, True), (6, False), (9, False)])
    assert found == (answering.Gap(1, 5, True), answering.Gap(6, 9, False))
    assert answering.gaps([(0, True)]) == ()
