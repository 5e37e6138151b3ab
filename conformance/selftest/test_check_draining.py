"""The judge of pods that end slowly, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import draining
from conformance.suite.checks.draining import DRAINING, LAST
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, PREFIX = "10.100.0.1", "10.100.0.1/32"
BOTH, ONE, NOBODY = ("k1", "k2"), ("k1",), ()


def looked(made: Made, at_s: float, nodes: tuple[str, ...]) -> Made:
    """Both routers have the prefix from these nodes."""
    made = made.at(at_s)
    for router in ("tor1", "tor2"):
        made = made.rib(router, *((PREFIX, node) for node in nodes))
    return made


def ended(
    *,
    marks: tuple[str, str] = (f"{DRAINING}k2", f"{LAST}k1"),
    shown: tuple[str, ...] = (VIP,),
    after: tuple[str, ...] = ONE,
    after_s: float = 3.0,
    until_s: float = 9.0,
    then: tuple[str, ...] | None = None,
    last: tuple[str, ...] | None = ONE,
    serves_on: bool = True,
    noted_s: float = 9.1,
) -> History:
    """The pod of k2 is ended at two seconds, that of k1 at ten; who advertises after the one and after the other."""
    made = looked(Made().bgp().pool("10.100.0.0/24").at(1).shows("web", *shown), 1.5, BOTH).at(2).mark(marks[0])
    made = looked(looked(looked(made, 2.1, BOTH), after_s, after), until_s, after if then is None else then)
    pods = {f"on-{node}": {"node": node, "ready": False, "labels": {}, "serves_on": serves_on} for node in BOTH}
    made = made.at(noted_s).add("kube", "pods", pods=pods).at(9.2).mark("seen").at(10).mark(marks[1])
    made = made if last is None else looked(looked(made, 10.1, ONE), 15, last)
    return made.at(15).add("kube", "pods", pods=pods).at(16).mark("seen").end()


DRAINED = draining.drained(5)
ROWS = (
    Row("left out", DRAINED, ended(), PASS, "1.00 s"),
    Row("beside another that serves on", DRAINED, ended(last=BOTH), PASS),
    Row("left out late", DRAINED, ended(after_s=8.0), FAIL, "6.00 s"),
    Row("kept", DRAINED, ended(after=BOTH), FAIL, "k2 with pods that end"),
    Row("all left out", DRAINED, ended(after=NOBODY), FAIL, "no route"),
    Row("the last left out", DRAINED, ended(last=NOBODY), FAIL, "still served"),
    Row("the wrong one left out", DRAINED, ended(last=("k2",)), FAIL, "k2"),
    Row("kept, not watched", DRAINED, ended(after=BOTH, until_s=4.0), UNKNOWN, "2.0 s only"),
    Row("pods served no more", DRAINED, ended(serves_on=False), UNKNOWN, "k2"),
    Row("nothing ended", DRAINED, Made().bgp().at(1).shows("web", VIP).end(), UNKNOWN),
    Row("left out at once", DRAINED, ended(after_s=2.5), PASS, "0.50 s"),
    Row("left out, and back", DRAINED, ended(then=BOTH), FAIL, "k2 with pods that end"),
    Row("not looked at in the end", DRAINED, ended(last=None), UNKNOWN, "not looked at"),
    Row("seen to serve before only", DRAINED, ended(noted_s=1.9), UNKNOWN, "k2"),
    Row("no last ones", DRAINED, ended(marks=(f"{DRAINING}k2", "seen")), UNKNOWN, "no pod was ended"),
    Row("only the last ones", DRAINED, ended(marks=("seen", f"{LAST}k1")), UNKNOWN, "no pod was ended"),
    Row("no address", DRAINED, ended(shown=()), UNKNOWN, "no Service"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_draining_check_judges(row: Row) -> None:
    """The check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
