"""The judge of the AS number in paths, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NODES, Made, Row
from conformance.suite.checks import local_as
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, PREFIX = "10.100.0.1", "10.100.0.1/32"
CHECK, OTHER = local_as.as_path_is(65200), local_as.as_path_is(65250)


def routed(*nodes: str, routers: tuple[str, ...] = ("tor1", "tor2")) -> Made:
    """Routers have the address from these nodes, by AS 65200."""
    made = Made().bgp().at(1).shows("web", VIP).at(2)
    for router in routers:
        made = made.rib(router, *((PREFIX, node) for node in nodes))
    return made


ROWS = (
    Row("that one", CHECK, routed(*NODES).end(), PASS, "6 paths"),
    Row("another", OTHER, routed(*NODES).end(), FAIL, "AS_PATH 65200"),
    Row("one missing", CHECK, routed("k1", "k2").end(), FAIL, "k3"),
    Row("one router not looked at", CHECK, routed(*NODES, routers=("tor1",)).end(), UNKNOWN, "tor2"),
    Row("no address", CHECK, Made().bgp().rib("tor1", (PREFIX, "k1")).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_local_as_check_judges(row: Row) -> None:
    """The check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
