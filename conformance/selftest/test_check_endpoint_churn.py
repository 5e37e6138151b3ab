"""The judge of endpoints that come and go, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NODES, Made, Row
from conformance.selftest.made_bgp import Talk, plain, update
from conformance.suite.bgp_stream import Kind
from conformance.suite.checks import endpoint_churn
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
TORS = ("tor1", "tor2")
VIP, PREFIX, OTHER = "10.100.0.1", "10.100.0.1/32", "10.100.0.2/32"
CHECK = endpoint_churn.only_owed(9)


def flipped(made: Made, node: str, turn: int) -> None:
    """Somebody makes the endpoint of a node ready, or not."""
    noted = {"verb": "patch", "object_kind": "EndpointSlice", "name": f"by-hand-{node}"}
    endpoints = [{"addresses": ["192.0.2.10"], "nodeName": node, "conditions": {"ready": turn % 2 == 1}}]
    made.add("drive", "write", phase="invoke", **noted).add(
        "drive", "write", phase="ok", object={"endpoints": endpoints}, **noted
    )


def churned(
    *,
    changes: int = 4,
    told: int = 3,
    extra: str = "",
    nodes: tuple[str, ...] = NODES,
    reset: str = "",
    prefix: str = PREFIX,
    dropped: int = 0,
    marks: tuple[str, str] = ("churn", "churn-over"),
    address: str = VIP,
) -> History:
    """Endpoints of some nodes change, and each router is told of some changes; of one node more often."""
    made = Made().bgp().opened().shows("web", *filter(None, [address]))
    talk = Talk(made)
    for node in NODES:
        talk.at(0.5).update(node, "tor1", plain(node, "tor1", prefix))
    talk.at(1).mark(marks[0]).says("k1", "tor1", Kind.ROUTE_REFRESH, bytes(4))
    for turn in range(max(changes, told) + 2):
        for node in NODES:
            talk.at(2 + turn)
            if turn < changes and node in nodes:
                flipped(made, node, turn)
            for router in TORS:
                if turn < told + 2 * (node == extra and router == "tor2"):
                    body = plain(node, router, prefix) if turn % 2 else update(withdrawn=(prefix,))
                    talk.update(node, router, body)
    if reset:
        talk.says(reset, "tor2", Kind.OPEN, bytes(10), reply=False)
    talk.at(11).mark(marks[1])
    for number in range(5):
        talk.at(12 + number).update("k1", "tor1", plain("k1", "tor1", prefix))
    return made.closed(dropped).end()


ROWS = (
    Row("fewer than changes", CHECK, churned(), PASS, "3 UPDATEs of k1 to tor1 for 4 changes"),
    Row("as many as changes", CHECK, churned(told=4), PASS, "4 UPDATEs"),
    Row("one session more", CHECK, churned(extra="k3"), FAIL, "5 UPDATEs of k3 to tor2 for 4 changes"),
    Row("all more", CHECK, churned(told=5), FAIL, "5 UPDATEs"),
    Row("reset", CHECK, churned(reset="k2"), FAIL, "the session of tor2 and k2"),
    Row("few", CHECK, churned(changes=2, told=2), UNKNOWN, "6 changes, wanted 9"),
    Row("nothing on one", CHECK, churned(changes=5, nodes=("k1", "k3")), UNKNOWN, "none on k2"),
    Row("of another address", CHECK, churned(prefix=OTHER), UNKNOWN, "no UPDATE"),
    Row("frames lost", CHECK, churned(dropped=1), UNKNOWN, "lost 1"),
    Row("just enough", endpoint_churn.only_owed(12), churned(), PASS),
    Row("no beginning", CHECK, churned(marks=("x", "churn-over")), UNKNOWN, "a mark"),
    Row("no end", CHECK, churned(marks=("churn", "x")), UNKNOWN, "a mark"),
    Row("no address", CHECK, churned(address=""), UNKNOWN, "an address"),
    Row("no marks", CHECK, Made().bgp().opened().shows("web", VIP).closed().end(), UNKNOWN, "a mark"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_endpoint_churn_check_judges(row: Row) -> None:
    """The check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
