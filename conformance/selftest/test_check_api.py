"""The judges of the contract with the API, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import api
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A = "10.10.0.200"
OURS, THEIRS = {"manager": "lbkit-conformance"}, {"manager": "controller"}


def foreign() -> Made:
    """A Service of a foreign class, created at one second."""
    return Made().pool().at(1).created("web").service("web", "ADDED", managedFields=[OURS])


def served() -> Made:
    """A Service with an address, as a LoadBalancer."""
    return Made().pool().at(1).created("web").at(1.5).shows("web", A)


def deleted() -> Made:
    """That Service is deleted at two seconds."""
    return served().at(2).wrote("delete", "Service", "web")


def retyped() -> Made:
    """That Service becomes a ClusterIP at two seconds."""
    return served().at(2).wrote("apply", "Service", "web", type="ClusterIP")


def again(made: Made) -> Made:
    """It becomes a LoadBalancer again at eight seconds."""
    return made.at(8).wrote("apply", "Service", "web", type="LoadBalancer").shows("web", A).at(20)


def rest(made: Made) -> Made:
    """Look at the Events at twelve seconds, and prove that the watch was whole."""
    return made.at(12).told().watched()


def less(*, serves: bool = True) -> Made:
    """A class-less Service, before a target that says whether it serves such ones."""
    return Made().declares(serves_class_less=serves).created("web").service("web", "ADDED", managedFields=[OURS])


UNTOUCHED, GONE, EMPTIED = api.untouched("web", 10), api.gone(5), api.emptied(5)
CLASS_LESS = api.class_less("web", 5, 10)
INGRESS = {"ingress": [{"ip": A}]}

ROWS = (
    Row("as created", UNTOUCHED, rest(foreign()).end(), PASS),
    Row("ingress", UNTOUCHED, rest(foreign().service("web", loadBalancer=INGRESS)).end(), FAIL, "ingress"),
    Row("finalizer", UNTOUCHED, rest(foreign().service("web", finalizers=["x"])).end(), FAIL, "finalizers"),
    Row("annotation", UNTOUCHED, rest(foreign().service("web", annotations={"x": "y"})).end(), FAIL, "annotations"),
    Row("condition", UNTOUCHED, rest(foreign().refused("web", "not ours")).end(), FAIL, "conditions"),
    Row("owner", UNTOUCHED, rest(foreign().service("web", managedFields=[OURS, THEIRS])).end(), FAIL, "field owners"),
    Row("from the start", UNTOUCHED, rest(Made().created("web").shows("web", A)).end(), FAIL, "before"),
    Row("an Event", UNTOUCHED, rest(foreign().told("web", "not ours", kind="Normal")).end(), FAIL, "Event"),
    Row("too short", UNTOUCHED, foreign().at(5).told().watched().end(), UNKNOWN),
    Row("nobody looked", UNTOUCHED, foreign().at(12).watched().end(), UNKNOWN),
    Row("watch broke", UNTOUCHED, foreign().at(12).told().end(), UNKNOWN),
    Row("never shown", UNTOUCHED, rest(Made().created("web")).end(), UNKNOWN),
    Row("soon", GONE, deleted().at(3).shows("web", A, change="DELETED").end(), PASS, "1.000 s"),
    Row("late", GONE, deleted().at(9).shows("web", A, change="DELETED").end(), FAIL),
    Row("never", GONE, deleted().at(9).end(), FAIL),
    Row("too short", GONE, deleted().at(3).end(), UNKNOWN),
    Row("nothing deleted", GONE, served().at(9).end(), UNKNOWN),
    Row("without an address", GONE, Made().created("web").wrote("delete", "Service", "web").end(), UNKNOWN),
    Row("soon", EMPTIED, retyped().at(2.5).shows("web", A).at(3).shows("web").end(), PASS, "1.000 s"),
    Row("at once", EMPTIED, retyped().shows("web").at(9).end(), PASS, "0.000 s"),
    Row("late", EMPTIED, retyped().at(9).shows("web").end(), FAIL),
    Row("never", EMPTIED, retyped().at(9).end(), FAIL),
    Row("back again", EMPTIED, retyped().at(3).shows("web").at(4).shows("web", A).at(9).end(), FAIL),
    Row("too short", EMPTIED, retyped().at(3).end(), UNKNOWN),
    Row("no change", EMPTIED, served().at(9).end(), UNKNOWN),
    Row(
        "by patch", EMPTIED, served().at(2).wrote("patch", "Service", "web", type="ClusterIP").shows("web").end(), PASS
    ),
    Row("type left alone", EMPTIED, served().at(2).wrote("patch", "Service", "web").at(9).end(), UNKNOWN),
    Row("back as LoadBalancer", EMPTIED, again(retyped().at(3).shows("web")).end(), PASS, "1.000 s"),
    Row("never, then back", EMPTIED, again(retyped()).end(), FAIL),
    Row("default serves", CLASS_LESS, less().at(1).shows("web", A).end(), PASS, "served it after 1.000 s"),
    Row("default does not", CLASS_LESS, less().at(9).end(), FAIL, "the default"),
    Row("default is late", CLASS_LESS, less().at(9).shows("web", A).end(), FAIL),
    Row("default, too short", CLASS_LESS, less().at(3).end(), UNKNOWN),
    Row("other leaves alone", CLASS_LESS, rest(less(serves=False)).end(), PASS),
    Row("other serves", CLASS_LESS, rest(less(serves=False).shows("web", A)).end(), FAIL, "ingress"),
    Row("not declared", CLASS_LESS, rest(Made().created("web").shows("web", A)).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_api_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
