"""The judges of the finalizer, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NS, START_S, Made, Row
from conformance.suite.checks import finalizer
from conformance.suite.checks.finalizer import NAME
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A = "10.10.0.200"
INGRESS = {"ingress": [{"ip": A}]}
SAFE, OFF = finalizer.protected(), finalizer.taken_off("web", 1, 5)
WAITS = finalizer.waits_for_the_controller("web", 5, 3)


def guarded() -> Made:
    """A Service bears the finalizer with its address from one second on, under a capture, and is answered for."""
    made = Made().l2().opened().created("web").service("web", "ADDED").at(1)
    return made.service("web", finalizers=[NAME], loadBalancer=INGRESS).at(1.5).dialogue(A, "k1", 3).at(2)


def freed(made: Made) -> Made:
    """It becomes a ClusterIP at two seconds, and the finalizer goes a second later."""
    made = made.wrote("patch", "Service", "web", type="ClusterIP").service("web", finalizers=[NAME])
    return made.at(3).service("web")


def rest(made: Made) -> Made:
    """Capture and watch end well, at nine seconds."""
    return made.at(9).closed().watched()


def naked() -> Made:
    """A Service shows an address and bears no finalizer."""
    return Made().l2().opened().created("web").at(1).shows("web", A).dialogue(A, "k1", 3)


def early() -> Made:
    """The address is announced a second before the finalizer is on."""
    made = Made().l2().opened().created("web").dialogue(A, "k1", 1).at(1)
    return made.service("web", finalizers=[NAME], loadBalancer=INGRESS).dialogue(A, "k1", 3)


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
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_finalizer_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
