"""The judges of addresses that change hands, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import change, handover
from conformance.suite.declared import Declared
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A, B, C = "10.10.0.200", "10.10.0.201", "10.10.0.202"
D = "fd00:10:10::200"
ASKED = "metallb.io/loadBalancerIPs"


def asks(made: Made, address: str) -> Made:
    """The Service asks for another address."""
    return made.wrote("patch", "Service", "web", annotations={ASKED: address})


def first() -> Made:
    """A Service that has A asks for B at five seconds."""
    made = Made().l2().pool().at(1).created("web", annotations={ASKED: A}).at(1.1).shows("web", A)
    return asks(made.at(5), B)


def second(*, policy: str = "") -> Made:
    """The Service has B since six seconds and asks for C at ten."""
    word = Declared(policies={"unavailable-request": policy} if policy else {})
    made = Made().add("suite", "target", **word.fields()).at(1).created("web").at(1.1).shows("web", A)
    return asks(asks(made.at(5), B).at(6).shows("web", B).at(10), C)


def released(heard_s: float | None = None, again_s: float = 30) -> Made:
    """A Service gave A up at five seconds; somebody claims it that much later, and another Service gets it."""
    made = Made().l2().pool().opened().created("a", "b").at(1).shows("a", A).dialogue(A, "k1", 2)
    made = made.at(5).shows("a").at(12).asked(A)
    if heard_s is not None:
        made = made.at(5 + heard_s).replied(A, "k1")
    return made.at(again_s).shows("b", A).dialogue(A, "k2", 2).closed()


def released_ipv6(heard_s: float = 3) -> Made:
    """A Service gave both families up at five seconds; somebody claims the IPv6 address until that much later."""
    made = Made().l2().pool().opened().created("a").at(1).shows("a", A, D).asked_by_ndp(D).advertised(D, "k1")
    made = made.at(5).shows("a").at(5 + heard_s).advertised(D, "k1")
    return made.at(12).asked(A).asked_by_ndp(D).at(13).closed()


def owners(*turns: str) -> Made:
    """An address that these nodes claim, in turn."""
    made = Made().l2().pool().opened().created("a").shows("a", A).at(1)
    for node in turns:
        made = made.dialogue(A, node, 3)
    return made.closed()


def asked(*answered: bool, dropped: int = 0) -> Made:
    """An address that is asked for, and answered or not."""
    made = Made().l2().pool().opened().created("a").shows("a", A).at(1)
    for is_answered in answered:
        made = made.dialogue(A, "k1", 1) if is_answered else made.asked(A).at(made.now_s + 0.1)
    return made.at(made.now_s + 1).closed(dropped)


MOVED, UNAVAILABLE = change.moved(5, gap_s=2), change.unavailable(5)
SILENT, PASSED_ON, ANSWERS = handover.falls_silent(5), handover.passed_on(2), handover.keeps_answering(3)

ROWS = (
    Row("at once", MOVED, first().at(5.2).shows("web", B).at(9).end(), PASS, "0.200 s"),
    Row("by way of nothing", MOVED, first().at(5.2).shows("web").at(6).shows("web", B).end(), PASS, "0.800 s"),
    Row("long without", MOVED, first().at(5.2).shows("web").at(8).shows("web", B).end(), FAIL, "2.80 s"),
    Row("late", MOVED, first().at(11).shows("web", B).end(), FAIL, "6.00 s"),
    Row("never", MOVED, first().at(11).end(), FAIL, "still"),
    Row("another", MOVED, first().at(5.2).shows("web", C).at(6).shows("web", B).end(), FAIL),
    Row("and back", MOVED, first().at(5.2).shows("web", B).at(6).shows("web", A).end(), FAIL, "then"),
    Row("not watched", MOVED, first().at(7).end(), UNKNOWN),
    Row("nobody asked", MOVED, Made().created("web").shows("web", A).end(), UNKNOWN),
    Row("kept", UNAVAILABLE, second().at(16).watched().end(), PASS, "kept"),
    Row("released", UNAVAILABLE, second().at(10.1).shows("web").at(16).watched().end(), PASS, "released"),
    Row("kept as documented", UNAVAILABLE, second(policy="kept").at(16).watched().end(), PASS),
    Row("kept in spite of it", UNAVAILABLE, second(policy="released").at(16).watched().end(), FAIL),
    Row("taken from another", UNAVAILABLE, second().at(10.1).shows("web", C).at(16).watched().end(), FAIL),
    Row("not watched", UNAVAILABLE, second().at(12).watched().end(), UNKNOWN),
    Row("watch broke", UNAVAILABLE, second().at(16).end(), UNKNOWN),
    Row("asked once", UNAVAILABLE, first().at(16).watched().end(), UNKNOWN),
    Row("silent", SILENT, released().end(), PASS),
    Row("silent after a while", SILENT, released(3).end(), PASS, "3.000 s"),
    Row("next holder is faster than the watch", SILENT, released(24.5, again_s=25).end(), PASS),
    Row("claimed before the next holder", SILENT, released(15, again_s=25).end(), FAIL, "15.00 s"),
    Row("both silent", SILENT, released_ipv6().end(), PASS, f"{D} after 3.000 s"),
    Row("IPv6 claimed later", SILENT, released_ipv6(6).end(), FAIL, f"{D} is claimed"),
    Row("claimed later", SILENT, released(6).end(), FAIL, "6.00 s"),
    Row("given again at once", SILENT, released(again_s=6).end(), UNKNOWN, "nobody asked"),
    Row("nothing given up", SILENT, asked(True).end(), UNKNOWN),
    Row("one after the other", PASSED_ON, owners("k1", "k2").end(), PASS),
    Row("back and forth", PASSED_ON, owners("k1", "k2", "k1").end(), FAIL, "still"),
    Row("one only", PASSED_ON, owners("k1").end(), UNKNOWN),
    Row("capture lost some", PASSED_ON, owners("k1", "k2").closed(3).end(), UNKNOWN),
    Row("always", ANSWERS, asked(True, True, True, True).end(), PASS),
    Row("once it began", ANSWERS, asked(False, True, True, True).end(), PASS),
    Row("with a gap", ANSWERS, asked(True, True, False, True).end(), FAIL, "1 of 4"),
    Row("with a gap in the capture", ANSWERS, asked(True, True, False, True, dropped=1).end(), UNKNOWN),
    Row("too few", ANSWERS, asked(True, True).end(), UNKNOWN),
    Row("no address", ANSWERS, Made().l2().end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_change_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
