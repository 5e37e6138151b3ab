"""The judges of a loss, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import MACS, Made, Row
from conformance.suite import answering, families
from conformance.suite.checks import failover
from conformance.suite.facts import IPAddress
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP = "10.10.0.200"
OUTAGE, DECLARED = failover.outage(within_s=1.0, at_least=10), failover.outage(within_s=None, at_least=10)
LOST, AGAIN = failover.none_lost(at_least=10), failover.answered_again(within_s=1.0)
ONE, TAKEN = failover.one_at_a_time(), failover.taken_over(within_s=1.0)
ONCE = failover.few_changes(at_most=1)


def served(bound_s: float | None = 1.0) -> Made:
    """A Service with an address, which k1 answers for during two seconds under a capture."""
    made = Made().l2().declares(failover_s=bound_s).opened().created("web").at(1).shows("web", VIP)
    return made.dialogue(VIP, "k1", 100, every_s=0.02)


def asked(made: Made, times: int) -> Made:
    """Ask without an answer."""
    for _ in range(times):
        made = made.asked(VIP).at(made.now_s + 0.02)
    return made


def lost(silent: int = 30, name: str = "links-lost") -> Made:
    """k1 is lost at three seconds; so many questions stay unanswered, then k2 tells everybody and answers."""
    made = asked(served().fault(name, node="k1"), silent)
    return made.told_gratuitously(VIP, "k2").dialogue(VIP, "k2", 100, every_s=0.02)


def requests(failing: int, bound_s: float | None = 1.0, after: int = 30) -> Made:
    """A client's requests: 30 answered, then a fault, some that fail, and some that are answered."""
    made = Made().declares(failover_s=bound_s).requested("web", *[""] * 30, every_s=0.02)
    made = made.fault("links-lost", node="k1")
    errors = ["timeout"] * failing + [""] * after
    begin_s = made.now_s
    for number, error in enumerate(errors):
        fields = {"run": 0, "number": 30 + number, "begin_ns": int((1000 + begin_s + 0.02 * number) * 1e9)}
        made = made.at(begin_s + 0.02 * number + 0.01)
        made = made.add("request", "answer", **fields, ok=not error, answer="" if error else "pod", error=error)
    return made


def both(name: str, lasting_s: float, then: str = "k2") -> Made:
    """k2 begins while k1 still answers, for so long; one of them goes on."""
    made = served().fault(name, node="k1")
    end_s = made.now_s + lasting_s
    while made.now_s < end_s - 1e-9:
        made = made.replied(VIP, "k2").at(made.now_s + 0.005).replied(VIP, "k1").at(made.now_s + 0.005)
    return made.dialogue(VIP, then, 60, every_s=0.02)


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
    Row("no fault", OUTAGE, Made().declares(failover_s=1.0).requested("web", *[""] * 30).end(), UNKNOWN),
    Row("all answered", LOST, requests(0).end(), PASS),
    Row("one lost", LOST, requests(1).end(), FAIL, "1 of 31"),
    Row("too few", failover.none_lost(at_least=99), requests(0).end(), UNKNOWN),
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
    Row("one after the other", ONE, lost().closed().end(), PASS, "0.000 s"),
    Row("an answer under way", ONE, both("links-lost", 0.02).closed().end(), PASS),
    Row("both for a while", ONE, both("links-lost", 0.1).closed().end(), FAIL, "without any split"),
    Row("both as a split heals", ONE, both("split", 0.1).closed().end(), PASS),
    Row("both long as a split heals", ONE, both("split", 0.3).closed().end(), FAIL, "0.15 s"),
    Row("one word from the past", ONE, STRAY.closed().end(), FAIL, "fell silent again"),
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
    Row("not captured", TAKEN, lost().end(), UNKNOWN),
    Row("once", ONCE, lost().closed().end(), PASS, "k1 -> k2"),
    Row("there and back", ONCE, BACK.closed().end(), FAIL, "3 times"),
    Row("to a stranger", ONCE, served().fault("x").replied(VIP, "02:00:00:00:99:99").closed().end(), FAIL, "stranger"),
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
