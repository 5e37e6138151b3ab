"""The judges of the finalizer, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NS, START_S, Made, Row
from conformance.suite.checks import finalizer
from conformance.suite.checks.finalizer import NAME
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A, B, SIX = "10.10.0.200", "10.10.0.201", "fd00:10:10::200"
INGRESS = {"ingress": [{"ip": A}]}
SAFE, OFF, TWICE = finalizer.protected(), finalizer.taken_off("web", 1, 5), finalizer.taken_off("web", 2, 5)
WAITS = finalizer.waits_for_the_controller("web", 5, 3)


def guarded() -> Made:
    """A Service bears the finalizer with its address from one second on, under a capture, and is answered for."""
    made = Made().l2().opened().created("web").service("web", "ADDED").at(1)
    return made.service("web", finalizers=[NAME], loadBalancer=INGRESS).at(1.5).dialogue(A, "k1", 3).at(2)


def freed(made: Made, after_s: float = 1) -> Made:
    """It becomes a ClusterIP, and the finalizer goes a while later."""
    made = made.wrote("patch", "Service", "web", type="ClusterIP").service("web", finalizers=[NAME])
    return made.at(made.now_s + after_s).service("web")


def anew(after_s: float) -> Made:
    """It was a ClusterIP once before it bears the finalizer, and becomes one again later."""
    made = Made().created("web").wrote("patch", "Service", "web", type="ClusterIP").at(1)
    return freed(made.service("web", finalizers=[NAME], loadBalancer=INGRESS).at(2), after_s)


def again(made: Made) -> Made:
    """It becomes a LoadBalancer again at four seconds, and bears the finalizer from five on."""
    made = made.at(4).wrote("patch", "Service", "web", type="LoadBalancer")
    return made.at(5).service("web", finalizers=[NAME], loadBalancer=INGRESS).at(6)


def rest(made: Made) -> Made:
    """Capture and watch end well, at nine seconds."""
    return made.at(9).closed().watched()


def naked() -> Made:
    """A Service shows an address and bears no finalizer."""
    return Made().l2().opened().created("web").at(1).shows("web", A).dialogue(A, "k1", 3)


def early(by_s: float = 1) -> Made:
    """The address is announced before the finalizer is on."""
    made = Made().l2().opened().created("web").at(1 - by_s).replied(A, "k1").at(1)
    return made.service("web", finalizers=[NAME], loadBalancer=INGRESS).dialogue(A, "k1", 3)


def both() -> Made:
    """A Service of two families bears the finalizer with its addresses, and is answered for."""
    made = Made().l2().opened().created("web").at(1)
    ingress = {"ingress": [{"ip": A}, {"ip": SIX}]}
    made = made.service("web", finalizers=[NAME], loadBalancer=ingress).asked_by_ndp(SIX).advertised(SIX, "k1")
    return made.dialogue(A, "k1", 3).at(2)


def beside() -> Made:
    """Another Service bears the finalizer with an address of its own from two seconds on."""
    made = guarded().created("other").service("other", finalizers=[NAME], loadBalancer={"ingress": [{"ip": B}]})
    return made.dialogue(B, "k2", 1)


def away(made: Made) -> Made:
    """The controller is away from three seconds on, and the Service is deleted at four."""
    return made.at(3).add("fault", "stop", role="controller").at(4).wrote("delete", "Service", "web")


def back(made: Made, at_s: float = 8, asked_s: float = 7) -> Made:
    """The controller is asked back, and is ready a second later."""
    return made.at(at_s).add("fault", "start", role="controller", asked_ns=int((START_S + asked_s) * NS))


def gone(made: Made, at_s: float) -> Made:
    """The watch shows the Service's end."""
    return made.at(at_s).service("web", "DELETED")


ROWS = (
    Row("in time", SAFE, rest(freed(guarded())).end(), PASS, "claims"),
    Row("still borne", SAFE, rest(guarded()).end(), PASS),
    Row("early", SAFE, rest(early()).end(), FAIL, "before"),
    Row("no finalizer", SAFE, rest(naked()).end(), FAIL, "without"),
    Row("answers on", SAFE, rest(freed(guarded()).at(4).replied(A, "k1")).end(), FAIL, "after"),
    Row("never answered", SAFE, rest(Made().l2().opened().created("web")).end(), UNKNOWN),
    Row("capture lost", SAFE, guarded().closed(dropped=3).watched().end(), UNKNOWN),
    Row("soon", OFF, freed(guarded()).end(), PASS, "1.000 s"),
    Row("late", OFF, guarded().wrote("patch", "Service", "web", type="ClusterIP").at(9).end(), FAIL),
    Row("too short", OFF, guarded().wrote("patch", "Service", "web", type="ClusterIP").at(4).end(), UNKNOWN),
    Row("on delete", OFF, gone(guarded().wrote("delete", "Service", "web"), 3).end(), PASS),
    Row("never on", OFF, naked().wrote("delete", "Service", "web").at(9).end(), UNKNOWN),
    Row("waits", WAITS, gone(back(away(guarded())), 9).end(), PASS, "3.0 s"),
    Row("goes before it is ready", WAITS, back(gone(away(guarded()), 7.5)).at(9).end(), PASS, "0.00 s after"),
    Row("goes at once", WAITS, gone(back(gone(away(guarded()), 4.1)), 9).end(), FAIL, "nobody"),
    Row("stays", WAITS, back(away(guarded())).at(20).end(), FAIL),
    Row("too short", WAITS, back(away(guarded())).at(9).end(), UNKNOWN),
    Row("short absence", WAITS, gone(back(away(guarded()), 5, 4.5), 6).end(), UNKNOWN),
    Row("no return", WAITS, away(guarded()).at(20).end(), UNKNOWN),
    Row("both families", SAFE, rest(both()).end(), PASS, "4 claims"),
    Row("IPv6 answers on", SAFE, rest(freed(both()).at(4).advertised(SIX, "k1")).end(), FAIL, "after"),
    Row("a little early", SAFE, rest(early(by_s=0.2)).end(), PASS),
    Row("a little too early", SAFE, rest(early(by_s=0.3)).end(), FAIL, "before"),
    Row("answers on beside another", SAFE, rest(freed(beside()).at(4).replied(A, "k1")).end(), FAIL, "after"),
    Row("gone with its address", SAFE, rest(guarded().service("web", "DELETED", loadBalancer=INGRESS)).end(), PASS),
    Row(
        "answers on when it is gone",
        SAFE,
        rest(guarded().service("web", "DELETED", finalizers=[NAME]).at(4).replied(A, "k1")).end(),
        FAIL,
        "after",
    ),
    Row("watch broke", SAFE, guarded().at(9).closed().end(), UNKNOWN, "watch"),
    Row("at once", OFF, freed(guarded(), 0.4).end(), PASS, "0.400 s"),
    Row("just in time", OFF, freed(guarded(), 4.9).end(), PASS, "4.900 s"),
    Row("just too late", OFF, freed(guarded(), 5.1).end(), FAIL, "5.1 s"),
    Row("twice", TWICE, gone(again(freed(guarded())).wrote("delete", "Service", "web"), 8).end(), PASS, "2 times"),
    Row("late the second time", TWICE, freed(again(freed(guarded())), 6).end(), FAIL, "6.0 s"),
    Row("once of twice", TWICE, again(freed(guarded())).end(), UNKNOWN, "2 times, and 1 writes"),
    Row(
        "on once only", TWICE, freed(guarded()).at(4).wrote("delete", "Service", "web").end(), UNKNOWN, "1 times, and 2"
    ),
    Row("changed otherwise", OFF, freed(guarded().wrote("patch", "Service", "web").at(8)).end(), PASS),
    Row("another is deleted", OFF, freed(guarded().wrote("delete", "Service", "x").at(8)).end(), PASS),
    Row(
        "gone long after another's end",
        WAITS,
        gone(back(away(guarded().wrote("delete", "Service", "x"))), 9).end(),
        PASS,
    ),
    Row("deleted before", WAITS, gone(back(away(guarded().wrote("delete", "Service", "web"))), 9).end(), UNKNOWN),
    Row("gone just in time", WAITS, gone(back(away(guarded())), 12.9).end(), PASS, "4.90 s"),
    Row("gone just too late", WAITS, gone(back(away(guarded())), 13.1).end(), FAIL, "5.1 s"),
    Row("not for the first time", OFF, anew(4.9).end(), PASS, "4.900 s"),
    Row("too late, not for the first time", OFF, anew(5.1).end(), FAIL, "5.1 s"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_finalizer_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
