"""The judges of what is written, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import writes
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A = "198.18.0.0"
FRUGAL, IDLE = writes.frugal("create", at_least=1), writes.idle("idle", 30)
STATUS, LEASES = "PATCH services/status 200", "PUT leases 200"


def edge(made: Made, name: str, which: str, **served: int) -> Made:
    """Begin or end a phase; `served` are the server's counts of status writes and of Leases."""
    counts = {{"status": STATUS, "leases": LEASES}[key]: count for key, count in served.items()}
    return made.add("suite", "phase", name=name, edge=which, served=counts)


def created(*addresses: str) -> Made:
    """One Service that shows each of the addresses in turn, in the phase of creation."""
    made = edge(Made().at(1), "create", "begin", status=5).created("a").shows("a", change="ADDED")
    for address in addresses:
        made.at(made.now_s + 0.1).shows("a", address)
    return edge(made.at(3), "create", "end", status=5 + len(addresses))


def idle(for_s: float, writes_served: int = 7) -> Made:
    """A phase without events, in which Leases are renewed."""
    made = edge(Made().at(1), "idle", "begin", status=7, leases=1).at(1 + for_s)
    return edge(made, "idle", "end", status=writes_served, leases=9)


ROWS = (
    Row("once", FRUGAL, created(A).watched().end(), PASS, "served 1 writes"),
    Row("twice", FRUGAL, created(A, A).watched().end(), FAIL, "more than once"),
    Row("never", FRUGAL, created().watched().end(), UNKNOWN, "wanted 1"),
    Row("not whole", FRUGAL, created(A).end(), UNKNOWN),
    Row("no such phase", FRUGAL, Made().watched().end(), UNKNOWN, "did not come"),
    Row("quiet", IDLE, idle(30).end(), PASS),
    Row("a write in vain", IDLE, idle(30, 8).end(), FAIL, "1 writes"),
    Row("a change", IDLE, edge(idle(5).shows("a", A).at(40), "idle", "end", status=7).end(), FAIL),
    Row("too short", IDLE, idle(20).end(), UNKNOWN, "20.0 s only"),
    Row("not idle at all", IDLE, created(A).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_writes(row: Row) -> None:
    """Each check passes, fails or decides nothing, as its row says."""
    verdict = row.check.judge(row.history)
    assert (verdict.outcome, row.says in verdict.reason) == (row.outcome, True), verdict
