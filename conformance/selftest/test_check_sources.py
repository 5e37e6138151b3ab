"""The judges of what pods see of a client, and of echoed datagrams, on histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import sources
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
OK, LOST = "", "timeout"
OWN, OWN6, NODE = "10.10.0.100:40000", "[fd00:10:10::100]:40000", "10.10.0.11:40000"
GATEWAYS = {"run": 9, "about": "other", "node": "gw", "target": "10.10.0.200", "port": 80, "protocol": "tcp"}
KEPT = sources.client_seen("web", at_least=2)
TOLD = sources.source_told("web", at_least=2)
ECHOED = sources.echoed("small", "big", share=0.75, at_least=4)


def saw(*answers: str) -> Made:
    """The client asks, and pods say whom they see: address and port, or whatever else."""
    made = Made().l2()
    for answer in answers:
        made = made.requested("web", OK, answer=answer)
    return made


def sent(small: tuple[str, ...], big: tuple[str, ...]) -> Made:
    """Datagrams of two sizes, and what became of each."""
    return Made().requested("small", *small, answer="1467 bytes").requested("big", *big, answer="2043 bytes")


ROWS = (
    Row("its own", KEPT, saw(OWN, OWN).end(), PASS, "2 requests"),
    Row("one of a node", KEPT, saw(OWN, NODE, OWN).end(), FAIL, "1 of 3 requests came from elsewhere"),
    Row("no address", KEPT, saw(OWN, "pod-k1").end(), FAIL, "pod-k1"),
    Row("another client", KEPT, saw("10.20.0.100:40000", OWN).end(), FAIL),
    Row("another loop's client", KEPT, saw(OWN, "10.10.0.1:7").add("request", "plan", **GATEWAYS).end(), FAIL),
    Row("one lost", KEPT, saw(OWN, OWN).requested("web", LOST).end(), PASS),
    Row("too few", KEPT, saw(OWN).end(), UNKNOWN, "wanted 2"),
    Row("too few answered", KEPT, saw(OWN).requested("web", LOST, LOST).end(), UNKNOWN),
    Row("nobody asked", KEPT, Made().l2().end(), UNKNOWN),
    Row("no lab", KEPT, Made().requested("web", OK, OK, answer=OWN).end(), UNKNOWN),
    Row("its own", TOLD, saw(OWN, OWN).end(), PASS, "2 from the client"),
    Row("others", TOLD, saw(NODE, OWN, NODE).end(), PASS, "2 from 10.10.0.11, 1 from the client"),
    Row("of IPv6", TOLD, saw(OWN, OWN6).end(), PASS, "1 from fd00:10:10::100"),
    Row("one lost", TOLD, saw(OWN, NODE).requested("web", LOST).end(), FAIL, "1 of 3"),
    Row("too few", TOLD, saw(OWN).end(), UNKNOWN),
    Row("no lab", TOLD, Made().requested("web", OK, OK, answer=OWN).end(), UNKNOWN),
    Row("all back", ECHOED, sent((OK,) * 4, (OK,) * 5).end(), PASS, "5 of 5 came back, each 2043 bytes"),
    Row("just enough", ECHOED, sent((OK,) * 4, (OK, OK, OK, LOST)).end(), PASS, "big: 3 of 4"),
    Row("too many lost", ECHOED, sent((OK,) * 4, (OK, OK, LOST, LOST)).end(), FAIL, "big: 2 of 4 came back (timeout 2"),
    Row("other text", ECHOED, sent((OK, OK, "garbled", "garbled"), (OK,) * 4).end(), FAIL, "garbled 2 times"),
    Row("too few", ECHOED, sent((OK,) * 4, (OK,) * 3).end(), UNKNOWN, "big: 3 datagrams"),
    Row("one size only", ECHOED, Made().requested("small", *(OK,) * 4).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_source_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
