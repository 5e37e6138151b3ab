"""The judges of addresses whose Services are gone, on hand-made histories that pass, fail and decide nothing."""

from typing import Any

import pytest

from conformance.selftest.made import NODES, NS, START_S, Made, Row
from conformance.suite.checks import withdrawn
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
GONE, KEPT = "10.10.0.200", "10.10.0.201"
SILENT, ON_NONE = withdrawn.silent(5, 30), withdrawn.on_no_node(5)


def deleted(*, answered: bool = True) -> Made:
    """Two Services have addresses, and one is deleted at ten seconds."""
    made = Made().l2().opened().created("web", "other").at(1).shows("web", GONE).shows("other", KEPT)
    made = made.at(2).dialogue(GONE, "k1", 3) if answered else made
    return made.at(3).dialogue(KEPT, "k2", 3).at(10).wrote("delete", "Service", "web")


def asked(
    *,
    late_s: float = 0.0,
    times: int = 36,
    every_s: float = 1.0,
    gone_every: int = 1,
    kept: tuple[float, float] = (0, 99),
    answered: bool = True,
    dropped: int = 0,
    after_s: int = 0,
) -> History:
    """Both addresses are asked for; who is gone answers up to a moment, who is kept in a span of time."""
    made = deleted(answered=answered)
    for number in range(times):
        second = 11 + after_s + number * every_s
        if number % gone_every == 0:
            made = made.at(second).asked(GONE)
            if second <= late_s:
                made = made.at(second + 0.01).replied(GONE, "k1")
        made = made.at(second + 0.1).asked(KEPT)
        if kept[0] <= second <= kept[1]:
            made = made.at(second + 0.11).replied(KEPT, "k2")
    return made.at(made.now_s + 1).closed(dropped).end()


def both_deleted() -> Made:
    """The other Service is deleted ten seconds later, and its address answered for three seconds more."""
    made = deleted()
    for second in range(11, 60):
        made = made.at(second).asked(GONE).at(second + 0.1).asked(KEPT)
        if second < 23:
            made = made.at(second + 0.11).replied(KEPT, "k2")
        if second == 20:
            made = made.at(20.2).wrote("delete", "Service", "other")
    return made.at(61)


def looked(at_s: float = 15.5, *, nodes: tuple[str, ...] = NODES, bearer: str = "", address: str = GONE) -> History:
    """Nodes are looked at, and one bears an address."""
    return seen_on(deleted(), at_s, nodes, bearer, address).end()


def seen_on(made: Made, at_s: float, nodes: tuple[str, ...], bearer: str, address: str) -> Made:
    """Nodes are looked at."""
    made = made.at(at_s)
    for node in nodes:
        own: list[dict[str, Any]] = [{"local": "10.10.0.11"}]
        link = {"ifname": "eth1", "addr_info": [*own, {"local": address}] if node == bearer else own}
        asked_ns = int((START_S + at_s) * NS)
        made.add("node", "state", node=node, asked_ns=asked_ns, addresses=[{"ifname": "lo"}, link])
    return made


ROWS = (
    Row("silent", SILENT, asked(), PASS, "1 addresses"),
    Row("answered for a while", SILENT, asked(late_s=14), PASS),
    Row("answered too long", SILENT, asked(late_s=15), FAIL, f"{GONE} is claimed by"),
    Row("answered for ever", SILENT, asked(late_s=99), FAIL, "after its Service was deleted"),
    Row("nobody asked again", SILENT, asked(times=20), UNKNOWN, "wanted one a second"),
    Row("asked too late", SILENT, asked(after_s=9), UNKNOWN, "wanted one a second"),
    Row("never answered", SILENT, asked(answered=False), UNKNOWN, "proves nothing"),
    Row("nobody answers at all", SILENT, asked(kept=(99, 99)), UNKNOWN, "the control"),
    Row("the other one answers at first only", SILENT, asked(kept=(0, 14.5)), UNKNOWN, "the control"),
    Row("the other one answers late", SILENT, asked(kept=(30, 99)), PASS),
    Row("answered only since the deletion", SILENT, asked(answered=False, late_s=14), UNKNOWN, "proves nothing"),
    Row("asked for the other one", SILENT, asked(gone_every=2), UNKNOWN, "wanted one a second"),
    Row("asked often, and not long", SILENT, asked(times=60, every_s=0.5), UNKNOWN, "wanted one a second"),
    Row("both deleted", SILENT, both_deleted().closed().end(), UNKNOWN, "the control"),
    Row("frames lost", SILENT, asked(dropped=2), UNKNOWN, "lost 2"),
    Row("not deleted", SILENT, Made().l2().shows("web", GONE).end(), UNKNOWN, "no Service"),
    Row("another one deleted", SILENT, Made().l2().shows("web", GONE).wrote("delete", "Service", "x").end(), UNKNOWN),
    Row("on none", ON_NONE, looked(), PASS, "none of 3 nodes"),
    Row("another one on a node", ON_NONE, looked(bearer="k2", address=KEPT), PASS),
    Row("on a node", ON_NONE, looked(bearer="k2"), FAIL, "k2 bears 10.10.0.200 on eth1"),
    Row("looked at too soon", ON_NONE, looked(at_s=14.9, bearer="k2"), UNKNOWN, "k1, k2, k3"),
    Row("between two deletions", ON_NONE, seen_on(both_deleted(), 16, NODES, "", GONE).end(), UNKNOWN, "k1, k2, k3"),
    Row("after two deletions", ON_NONE, seen_on(both_deleted(), 62, NODES, "k3", KEPT).end(), FAIL, "k3 bears"),
    Row("one not looked at", ON_NONE, looked(nodes=("k1", "k3")), UNKNOWN, "k2 was not"),
    Row("not deleted", ON_NONE, Made().l2().shows("web", GONE).end(), UNKNOWN, "no Service"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_withdrawn_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
