"""The judges of address management, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import ipam
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A, B, OUTSIDE = "10.10.0.200", "10.10.0.201", "10.10.9.9"


def one() -> Made:
    """A pool, and one Service created at one second."""
    return Made().l2().pool().at(1).created("web")


def two(first: str, second: str) -> Made:
    """Two Services with the addresses given."""
    return Made().l2().pool().at(1).created("a", "b").at(1.1).shows("a", first).shows("b", second)


def reuse(address: str) -> Made:
    """One Service that had A is deleted, another gets `address`."""
    made = Made().pool().at(1).created("a").at(1.1).shows("a", A).at(2).wrote("delete", "Service", "a")
    return made.at(2.1).shows("a", A, change="DELETED").at(3).created("b").at(3.1).shows("b", address)


def retyped(address: str) -> Made:
    """One Service that had A becomes a ClusterIP, another gets `address`."""
    made = Made().pool().at(1).created("a").at(1.1).shows("a", A).at(2).wrote("apply", "Service", "a", type="ClusterIP")
    return made.at(2.1).shows("a").at(3).created("b").at(3.1).shows("b", address)


ROWS = (
    Row("in time", ipam.assigned(5), one().at(1.2).shows("web", A).end(), PASS),
    Row("late", ipam.assigned(5), one().at(7).shows("web", A).end(), FAIL, "within 5 s"),
    Row("never", ipam.assigned(5), one().at(8).end(), FAIL),
    Row("second never", ipam.assigned(5, at_least=3), one().created("b").at(2).shows("web", A).at(9).end(), FAIL),
    Row("not watched long enough", ipam.assigned(5), one().at(2).end(), UNKNOWN, "only"),
    Row("nothing created", ipam.assigned(5), Made().pool().at(9).end(), UNKNOWN),
    Row("too few created", ipam.assigned(5, at_least=2), one().at(1.2).shows("web", A).end(), UNKNOWN),
    Row(
        "the other one may wait", ipam.assigned(5, only=("web",)), one().created("b").shows("web", A).at(9).end(), PASS
    ),
    Row(
        "the one that counts waits", ipam.assigned(5, only=("b",)), one().created("b").shows("web", A).at(9).end(), FAIL
    ),
    Row("the one that counts is missing", ipam.assigned(5, only=("b",)), one().shows("web", A).at(9).end(), UNKNOWN),
    Row("inside", ipam.in_pool(), one().shows("web", A).end(), PASS),
    Row("outside", ipam.in_pool(), one().shows("web", OUTSIDE).end(), FAIL),
    Row("outside for a moment", ipam.in_pool(), one().shows("web", OUTSIDE).shows("web", A).end(), FAIL),
    Row("no pool", ipam.in_pool(), Made().shows("web", A).end(), UNKNOWN),
    Row("no address", ipam.in_pool(), one().shows("web").end(), UNKNOWN),
    Row(
        "both entries",
        ipam.every_form_used(),
        Made().pool(f"{A}/32", f"{B}-{B}").shows("a", A).shows("b", B).end(),
        PASS,
    ),
    Row("one entry idle", ipam.every_form_used(), Made().pool(f"{A}/32", f"{B}/32").shows("a", A).end(), FAIL, B),
    Row("nothing shown", ipam.every_form_used(), Made().pool().end(), UNKNOWN),
    Row("different", ipam.unique(), two(A, B).watched().end(), PASS),
    Row("same", ipam.unique(), two(A, A).watched().end(), FAIL),
    Row("same for a moment", ipam.unique(), two(A, A).shows("b", B).watched().end(), FAIL),
    Row("passed on", ipam.unique(), reuse(A).watched().end(), PASS),
    Row("passed on too early", ipam.unique(), two(A, A).shows("a", A, change="DELETED").end(), FAIL),
    Row("watch broke", ipam.unique(), two(A, B).add("kube", "incomplete", reason="410").end(), UNKNOWN),
    Row("watch not closed", ipam.unique(), two(A, B).end(), UNKNOWN),
    Row("too few", ipam.unique(at_least=3), two(A, B).watched().end(), UNKNOWN),
    Row("given again", ipam.reused(), reuse(A).end(), PASS),
    Row("never given again", ipam.reused(), reuse(B).end(), FAIL),
    Row("given again after a change of type", ipam.reused(), retyped(A).end(), PASS),
    Row("kept after a change of type", ipam.reused(), retyped(B).end(), FAIL),
    Row("nothing deleted", ipam.reused(), two(A, B).end(), UNKNOWN),
    Row("different", ipam.one_each(), two(A, B).end(), PASS),
    Row("same", ipam.one_each(), two(A, A).end(), FAIL),
    Row("one without", ipam.one_each(), two(A, B).created("c").end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_ipam_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
