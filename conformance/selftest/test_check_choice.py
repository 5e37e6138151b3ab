"""The judges of the choice of an address, on hand-made histories that pass, fail and decide nothing."""

from typing import Any

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import choice
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A, B, C, D, OUTSIDE = "10.10.0.200", "10.10.0.201", "10.10.0.202", "10.10.0.203", "10.10.9.9"


def asking(**fields: Any) -> Made:  # Any: JSON fields
    """A Service that asks."""
    return Made().pool().created("web", **fields)


def closed(service: dict[str, Any], **spec: Any) -> Made:  # Any: JSON fields
    """A pool with conditions, and a Service that has its address."""
    made = Made().wrote("apply", "IPAddressPool", "pool", addresses=[f"{A}-{B}"], **spec)
    return made.created("web", **service).shows("web", A)


def ranked(*shown: str) -> Made:
    """Two pools of two addresses, the better one later in the list, and Services with the addresses given."""
    made = Made()
    for name, entry, priority in (("a", f"{A}-{B}", 20), ("b", f"{C}-{D}", 10)):
        allocation = {"priority": priority}
        made = made.wrote("apply", "IPAddressPool", name, addresses=[entry], serviceAllocation=allocation)
    for number, address in enumerate(shown):
        made = made.created(f"web-{number}").shows(f"web-{number}", address)
    return made


def two() -> Made:
    """Two Services."""
    return Made().pool().created("a", "b")


ASKED, OPEN, BEST = choice.as_asked(), choice.open_pool(), choice.best_pool_first()
BY_NOTE, BY_SPEC = {"annotations": {"metallb.io/loadBalancerIPs": B}}, {"loadBalancerIP": B}
FOR_TEAM, FOR_FRONT = {"namespaces": ["team"]}, {"serviceSelectors": [{"matchLabels": {"tier": "front"}}]}
NAMED = {"annotations": {"metallb.io/address-pool": "pool"}}

ROWS = (
    Row("by annotation", ASKED, asking(**BY_NOTE).shows("web", B).end(), PASS),
    Row("by spec", ASKED, asking(**BY_SPEC).shows("web", B).end(), PASS),
    Row("another", ASKED, asking(**BY_SPEC).shows("web", A).end(), FAIL),
    Row("another for a moment", ASKED, asking(**BY_NOTE).shows("web", A).shows("web", B).end(), FAIL),
    Row("one too many", ASKED, asking(**BY_NOTE).shows("web", B, A).end(), FAIL),
    Row("nobody asks", ASKED, asking().shows("web", A).end(), UNKNOWN),
    Row("no address", ASKED, asking(**BY_NOTE).end(), UNKNOWN),
    Row("for everybody", OPEN, closed({}).end(), PASS),
    Row("for its namespace", OPEN, closed({"namespace": "team"}, serviceAllocation=FOR_TEAM).end(), PASS),
    Row("for another namespace", OPEN, closed({"namespace": "x"}, serviceAllocation=FOR_TEAM).end(), FAIL, "team"),
    Row("for its label", OPEN, closed({"labels": {"tier": "front"}}, serviceAllocation=FOR_FRONT).end(), PASS),
    Row("for another label", OPEN, closed({"labels": {"tier": "x"}}, serviceAllocation=FOR_FRONT).end(), FAIL),
    Row("asked by name", OPEN, closed(NAMED, autoAssign=False).end(), PASS),
    Row("asked by address", OPEN, closed({"loadBalancerIP": A}, autoAssign=False).end(), PASS),
    Row("unasked", OPEN, closed({}, autoAssign=False).end(), FAIL, "unasked"),
    Row("no pool at all", OPEN, closed({}).shows("web", OUTSIDE).end(), FAIL, "no pool"),
    Row("no address", OPEN, asking().end(), UNKNOWN),
    Row("in order", BEST, ranked(D, C, A).end(), PASS),
    Row("worse one first", BEST, ranked(A, C, D).end(), FAIL),
    Row("worse one too early", BEST, ranked(C, A).end(), FAIL, D),
    Row("worse one never", BEST, ranked(C, D).end(), UNKNOWN),
    Row("one pool", BEST, asking().shows("web", A).end(), UNKNOWN),
    Row("one address", choice.together("a", "b"), two().shows("a", A).shows("b", A).end(), PASS),
    Row("two addresses", choice.together("a", "b"), two().shows("a", A).shows("b", B).end(), FAIL),
    Row("one without", choice.together("a", "b"), two().shows("a", A).end(), UNKNOWN),
    Row("same", choice.kept("a"), two().shows("a", A).shows("a", A).watched().end(), PASS),
    Row("changed", choice.kept("a"), two().shows("a", A).shows("a", B).watched().end(), FAIL),
    Row("lost", choice.kept("a"), two().shows("a", A).shows("a").watched().end(), FAIL, "none"),
    Row("none yet", choice.kept("a"), two().shows("a").watched().end(), UNKNOWN),
    Row("watch broke", choice.kept("a"), two().shows("a", A).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_choice_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
