"""The judges of Services that come and go under BGP, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NODES, Made, Row
from conformance.selftest.made_bgp import Talk, plain, update
from conformance.suite.bgp_stream import Kind
from conformance.suite.checks import service_churn
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
SESSIONS = [(node, router) for node in NODES for router in ("tor1", "tor2")]
VIPS = ("10.100.0.1", "10.100.0.2")
ONCE = service_churn.told_once(2)
BACK = service_churn.taken_back(1.0, 2)


def churned(
    *,
    gone_s: tuple[float, float] = (0.2, 0.5),
    again: str = "",
    reset: str = "",
    keeps: str = "",
    silent: bool = False,
    heir: bool = False,
    end_s: float = 20,
    marks: tuple[str, str] = ("churn", "churn-over"),
    dropped: int = 0,
    services: int = 2,
) -> History:
    """Services live from second 2 and 4 on for four seconds; what is withdrawn is so some time after the deletion."""
    made = Made().bgp().opened()
    talk = Talk(made).at(1).mark(marks[0])
    for number in range(services):
        talk.at(2 + 2 * number).made.created(f"web-{number}")
        made.at(2.1 + 2 * number).shows(f"web-{number}", VIPS[number])
        talk.at(2.2 + 2 * number)
        for node, router in () if silent else SESSIONS:
            talk.update(node, router, plain(node, router, f"{VIPS[number]}/32"))
            if number == 0 and again == f"{node} {router}":
                talk.update(node, router, plain(node, router, f"{VIPS[number]}/32"))
    for number in range(services):
        deleted_s = 8 + 4 * number
        talk.at(deleted_s).made.wrote("delete", "Service", f"web-{number}")
        if heir and number == 0:
            made.at(deleted_s + 0.1).shows("heir", VIPS[0])
        talk.at(deleted_s + gone_s[number])
        for node, router in () if silent else SESSIONS:
            is_kept = heir if number == 0 else keeps == f"{node} {router}"
            if not is_kept:
                talk.update(node, router, update(withdrawn=(f"{VIPS[number]}/32",)))
    if reset:
        talk.says(reset, "tor2", Kind.OPEN, bytes(10), reply=False)
    talk.at(end_s - 1).mark(marks[1])
    talk.at(end_s)
    return made.closed(dropped).end()


def handed_on() -> History:
    """An heir of the address is advertised a moment before the watch shows that it has it."""
    made = Made().bgp().opened()
    talk = Talk(made).at(1).mark("churn").at(2)
    made.created("web-0", "web-1").shows("web-0", VIPS[0]).shows("web-1", VIPS[1])
    for moment in (2.1, 5.5):
        talk.at(moment)
        for node, router in SESSIONS:
            talk.update(node, router, plain(node, router, f"{VIPS[0]}/32"))
        if moment < 5:
            talk.at(4).made.wrote("delete", "Service", "web-0").wrote("delete", "Service", "web-1")
            talk.at(4.3)
            for node, router in SESSIONS:
                talk.update(node, router, update(withdrawn=(f"{VIPS[0]}/32",)))
    made.at(5.52).shows("heir", VIPS[0])
    talk.at(9).mark("churn-over")
    return made.closed().end()


def forgotten() -> History:
    """One withdrawal is of what the router does not have."""
    made = Made().bgp().opened()
    talk = Talk(made).at(1).mark("churn")
    for number in range(2):
        made.created(f"web-{number}").shows(f"web-{number}", VIPS[number])
        made.wrote("delete", "Service", f"web-{number}")
    talk.at(3).update("k2", "tor1", update(withdrawn=(f"{VIPS[0]}/32",)))
    talk.at(4).mark("churn-over")
    return made.closed().end()


ROWS = (
    Row("once", ONCE, churned(), PASS, "24 changes of prefixes for 2 Services"),
    Row("told again", ONCE, churned(again="k2 tor1"), FAIL, "k2 advertised 10.100.0.1/32 to tor1"),
    Row(
        "withdrawn again", ONCE, forgotten(), FAIL, "k2 withdrew 10.100.0.1/32 to tor1 when the router did not have it"
    ),
    Row("reset", ONCE, churned(reset="k3"), FAIL, "the session of tor2 and k3"),
    Row("few", ONCE, churned(services=1), UNKNOWN, "1 Services"),
    Row("nothing told", ONCE, churned(silent=True), UNKNOWN, "no UPDATE"),
    Row("no beginning", ONCE, churned(marks=("x", "churn-over")), UNKNOWN, "a mark"),
    Row("no end", ONCE, churned(marks=("churn", "x")), UNKNOWN, "a mark"),
    Row("frames lost", ONCE, churned(dropped=1), UNKNOWN, "lost 1"),
    Row("soon", BACK, churned(), PASS, "12 withdrawals, 99th percentile 0.500 s"),
    Row("late", BACK, churned(gone_s=(0.2, 1.5)), FAIL, "99th percentile 1.500 s"),
    Row("never", BACK, churned(keeps="k1 tor2"), FAIL, "99th percentile inf"),
    Row("not watched", BACK, churned(keeps="k1 tor2", gone_s=(0.1, 0.1), end_s=12.9), PASS, "11 withdrawals"),
    Row("goes to another", BACK, churned(heir=True), PASS, "6 withdrawals"),
    Row("an heir is told of first", BACK, handed_on(), PASS, "6 withdrawals, 99th percentile 0.300 s, worst 0.300 s"),
    Row("nothing owed", BACK, churned(silent=True), UNKNOWN, "0 withdrawals"),
    Row("few deleted", BACK, churned(services=1), UNKNOWN, "1 Services"),
    Row("withdrawals lost", BACK, churned(dropped=1), UNKNOWN, "lost 1"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_service_churn_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
