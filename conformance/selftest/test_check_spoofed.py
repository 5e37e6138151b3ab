"""The judges of strangers on the segment, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import spoofed
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, OTHER = "10.10.0.200", "10.10.0.201"
STRANGER = "02:00:5b:00:00:01"


def owned(*features: str) -> Made:
    """A Service's address, which k1 answers for."""
    made = Made().l2().add("suite", "case", id="SEC-013", features=list(features)).opened()
    return made.created("web").at(1).shows("web", VIP).at(2).dialogue(VIP, "k1", 2).at(3)


def claimed(made: Made, times: int = 2) -> Made:
    """A stranger claims it some times, once a second."""
    for number in range(times):
        made.at(3 + number).add("forge", "claim", address=VIP, mac=STRANGER)
        made.told_gratuitously(VIP, STRANGER)
    return made


def told(made: Made, *at_s: float, frames: int = 2) -> Made:
    """The owner tells of it at some moments."""
    for moment in at_s:
        for number in range(frames):
            made.at(moment + number * 0.01).told_gratuitously(VIP, "k1")
    return made


def noted(made: Made, at_s: float, message: str = f"{VIP} is in use by {STRANGER}") -> Made:
    """An Event tells of it."""
    return made.at(at_s).told("web", message)


def forged(made: Made, count: int = 2) -> Made:
    """Datagrams are forged, one each second from four seconds on."""
    made.at(3.9).add("forge", "heard", port=7947, count=5)
    for number in range(count):
        made.at(4 + number).add("forge", "datagram", how="altered", hex="00")
    return made


def member(port: int = 7947) -> Made:
    """Two addresses with an owner each, of a load balancer with a membership channel."""
    made = Made().l2().declares(membership_port=port).opened().created("a", "b")
    made.at(1).shows("a", VIP).shows("b", OTHER)
    return made.at(2).dialogue(VIP, "k1", 2).dialogue(OTHER, "k2", 2)


STORM = spoofed.no_storm(at_least=2)
OWNED = spoofed.still_owned(ratio=0.9, at_least=4)
NOTICED = spoofed.noticed(within_s=5)
UNMOVED = spoofed.unmoved(at_least=2, silent_s=1)
DETECTS = spoofed.FEATURE

ROWS = (
    Row("not defended", STORM, claimed(owned()).closed().end(), PASS, "not defended"),
    Row("once in ten seconds", STORM, told(claimed(owned()), 4.5, 14.6).closed().end(), PASS, "told of 2 times, 1 in"),
    Row("a defence and a repetition", STORM, told(claimed(owned()), 4.5, 8).closed().end(), PASS, "2 in 10 s"),
    Row("a defence a bit early", STORM, told(claimed(owned()), 4.5, 8, 14.4).closed().end(), PASS, "2 in 10 s"),
    Row("a defence too early", STORM, told(claimed(owned()), 4.5, 8, 13.9).closed().end(), FAIL, "3 times"),
    Row("told before it too", STORM, claimed(told(owned(), 1.5, 1.8)).closed().end(), PASS, "not defended"),
    Row("fights", STORM, told(claimed(owned()), 4.5, 6, 8).closed().end(), FAIL, "3 times in 10 s"),
    Row("shouts", STORM, told(claimed(owned()), 4.5, frames=11).closed().end(), FAIL, "11 frames"),
    Row("few claims", STORM, claimed(owned(), 1).closed().end(), UNKNOWN, "1 claims"),
    Row("frames lost", STORM, claimed(owned()).closed(dropped=1).end(), UNKNOWN, "lost 1"),
    Row("answers on", OWNED, claimed(owned()).dialogue(VIP, "k1", 4).closed().end(), PASS, "k1 answered 4 of 4"),
    Row(
        "falls silent", OWNED, claimed(owned()).asked(VIP).at(6).asked(VIP).dialogue(VIP, "k1", 2).closed().end(), FAIL
    ),
    Row("another answers", OWNED, claimed(owned()).dialogue(VIP, "k2", 4).closed().end(), FAIL, "0 of 4"),
    Row("silence, frames lost", OWNED, claimed(owned()).dialogue(VIP, "k2", 4).closed(dropped=1).end(), UNKNOWN),
    Row(
        "the stranger is heard before it is noted",
        OWNED,
        claimed(owned().told_gratuitously(VIP, STRANGER).at(2.01)).dialogue(VIP, "k1", 4).closed().end(),
        PASS,
        "k1 answered 4 of 4",
    ),
    Row("few questions", OWNED, claimed(owned()).dialogue(VIP, "k1", 2).closed().end(), UNKNOWN, "2 questions"),
    Row("never owned", OWNED, claimed(Made().l2()).dialogue(VIP, "k1", 4).closed().end(), UNKNOWN, "no node owned"),
    Row("nobody claimed", OWNED, owned().dialogue(VIP, "k1", 4).closed().end(), UNKNOWN, "nobody claimed"),
    Row("no lab", OWNED, claimed(Made()).closed().end(), UNKNOWN, "facts"),
    Row("told soon", NOTICED, noted(claimed(owned(DETECTS)), 5).at(9).end(), PASS, "after 2.00 s"),
    Row("told late", NOTICED, noted(claimed(owned(DETECTS)), 9).end(), FAIL, "6.0 s only"),
    Row("told of something else", NOTICED, noted(claimed(owned(DETECTS)), 5, "x").at(9).end(), FAIL, "nobody is told"),
    Row("told before", NOTICED, claimed(noted(owned(DETECTS), 2)).at(9).end(), FAIL, "nobody is told"),
    Row("not claimed", NOTICED, claimed(owned()).told().at(9).end(), PASS, "only reported"),
    Row("hardly watched", NOTICED, claimed(owned(DETECTS)).told().at(5).end(), UNKNOWN, "2.0 s"),
    Row("Events not read", NOTICED, claimed(owned(DETECTS)).at(9).end(), UNKNOWN),
    Row("no stranger", NOTICED, owned(DETECTS).end(), UNKNOWN, "nobody claimed"),
    Row(
        "stays",
        UNMOVED,
        forged(member()).dialogue(VIP, "k1", 2).dialogue(OTHER, "k2", 2).closed().end(),
        PASS,
        "2 addresses stayed",
    ),
    Row("moves", UNMOVED, forged(member()).dialogue(VIP, "k3", 2).closed().end(), FAIL, "1 of 2"),
    Row(
        "falls silent",
        UNMOVED,
        forged(member(), 4).at(4.1).asked(VIP).at(5.9).asked(VIP).at(6.5).dialogue(VIP, "k1", 2).closed().end(),
        FAIL,
        "silent for 2.40 s",
    ),
    Row("no channel", UNMOVED, member(0).closed().end(), PASS, "no membership channel"),
    Row("none forged", UNMOVED, forged(member(), 1).closed().end(), UNKNOWN, "5 genuine"),
    Row("no word", UNMOVED, forged(Made()).closed().end(), UNKNOWN, "word is missing"),
    Row(
        "not owned", UNMOVED, forged(Made().declares(membership_port=7).opened()).closed().end(), UNKNOWN, "no address"
    ),
    Row("capture lost", UNMOVED, forged(member()).closed(dropped=2).end(), UNKNOWN, "lost 2"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_spoofed_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
