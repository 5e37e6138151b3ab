"""The judges of which nodes carry traffic, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import eligible
from conformance.suite.checks.eligible import EXCLUDED
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A = "10.10.0.200"
SILENT, SURVIVE = eligible.excluded_is_silent(5, 3), eligible.flows_survive(2)


def label(made: Made, node: str, value: str | None) -> Made:
    """Set or take off the label of a node."""
    noted = {"verb": "patch", "object_kind": "Node", "name": node}
    obj = {"metadata": {"name": node, "labels": {EXCLUDED: value}}}
    made = made.add("drive", "write", phase="invoke", **noted)
    return made.add("drive", "write", phase="ok", object=obj, **noted)


def served(owner: str = "k1") -> Made:
    """Somebody answers for a Service's address, under a capture."""
    return Made().l2().opened().created("web").at(1).shows("web", A).dialogue(A, owner, 3)


def first(owner: str, after_s: float = 3.0) -> Made:
    """k1 is excluded at two seconds, and somebody answers later."""
    return label(served().at(2), "k1", "false").at(2 + after_s).dialogue(A, owner, 40)


def second(made: Made, owner: str) -> Made:
    """k1 is back at eleven seconds, the others are excluded, and somebody answers from seventeen on."""
    made = label(label(label(made.at(11), "k1", None), "k2", ""), "k3", "")
    return (made.at(17).dialogue(A, owner, 20) if owner else made).at(20).closed()


def faulty(node: str = "k1", since_s: float | None = None) -> Made:
    """Cordon and pause of a node that k1's answers came before; k1 answered first at one second, or k2 until then."""
    made = served() if since_s is None else served("k2").at(since_s).dialogue(A, "k1", 1)
    for number, kind in enumerate(("cordon", "kubelet-stop", "kubelet-start")):
        made = made.at(10 + 5 * number).add("fault", kind, node=node)
    return made


def held(made: Made, *, flows: int = 2, broken: bool = False, from_s: float = 9, until_s: float = 25) -> Made:
    """Connections answer before and after the faults."""
    made = made.at(from_s).add("tcp", "plan", run=0, target=A, port=80, flows=flows, requests=2)
    for flow in range(flows):
        made = made.at(from_s).answer(0, flow, 20000 + flow, 0, "k2")
        error = "ConnectionResetError" if broken and flow == 0 else ""
        made = made.at(until_s).answer(0, flow, 20000 + flow, 1, "k2", error=error)
    return made


def late(after_s: float) -> Made:
    """k1 answers for the last time so long after its label, and k2 goes on."""
    made = label(served().at(2), "k1", "").at(2 + after_s).dialogue(A, "k1", 1)
    return made.at(7.5).dialogue(A, "k2", 30)


def three(second_owner: str, third_owner: str) -> Made:
    """Everybody is excluded from eleven seconds on, but k1 no longer from twenty on; who answers then."""
    made = label(label(first("k2").at(11), "k2", ""), "k3", "")
    made = made.at(17).dialogue(A, second_owner, 10) if second_owner else made
    return label(made.at(20), "k1", None).at(26).dialogue(A, third_owner, 30).at(30).closed()


def all_back() -> Made:
    """k1 was back and the others excluded, and in the end nobody is, and nobody asks."""
    return label(label(second(first("k2"), "k1"), "k2", None), "k3", None).at(40).closed()


def hardly() -> Made:
    """k2 is excluded, too, from eleven seconds on, k1 is back at eighteen, and nobody answers in between."""
    made = label(label(first("k2").at(11), "k2", "").at(18), "k1", None)
    return made.at(24).dialogue(A, "k1", 30).at(30).closed()


ROWS = (
    Row("moves and returns", SILENT, second(first("k2"), "k1").end(), PASS, "without k1: k2"),
    Row("answers on", SILENT, second(first("k1", 6), "k1").end(), FAIL, "k1 answers"),
    Row("nobody takes over", SILENT, second(label(served().at(2), "k1", "false"), "k1").end(), FAIL, "nobody"),
    Row("never back", SILENT, second(first("k2"), "").end(), FAIL, "nobody"),
    Row("one phase", SILENT, first("k2").at(10.5).closed().end(), UNKNOWN),
    Row("no label", SILENT, served().at(20).closed().end(), UNKNOWN),
    Row("capture lost", SILENT, second(first("k2"), "k1").closed(dropped=1).end(), UNKNOWN),
    Row("all answered", SURVIVE, held(faulty()).end(), PASS, "2 connections through k1"),
    Row("one reset", SURVIVE, held(faulty(), broken=True).end(), FAIL, "ConnectionResetError"),
    Row("too few", SURVIVE, held(faulty(), flows=1).end(), UNKNOWN),
    Row("not over the faults", SURVIVE, held(faulty(), until_s=12).end(), UNKNOWN),
    Row("another node", SURVIVE, held(faulty("k3")).end(), UNKNOWN, "nothing went through"),
    Row("no fault", SURVIVE, held(served()).end(), UNKNOWN),
    Row("answers until the limit", SILENT, second(late(4.9), "k1").end(), PASS),
    Row("answers beyond it", SILENT, second(late(5.1), "k1").end(), FAIL, "5.1 s after"),
    Row("nobody may", SILENT, three("", "k1").end(), PASS, "without k2, k3: k1"),
    Row("one answers though nobody may", SILENT, three("k3", "k1").end(), FAIL, "k3 answers"),
    Row("all may in the end", SILENT, all_back().end(), PASS),
    Row("silent for a moment", SILENT, hardly().end(), PASS, "without k2: k1"),
    Row("another label", SILENT, second(first("k2").labelled("k2", "zone"), "k1").end(), PASS, "without k1: k2"),
    Row(
        "none is back", SILENT, label(first("k2").at(11), "k3", "").at(16).dialogue(A, "k2", 40).end(), UNKNOWN, "back"
    ),
    Row("no address", SILENT, label(Made().l2().opened().at(2), "k1", "").at(20).closed().end(), UNKNOWN, "no Service"),
    Row("no connections", SURVIVE, faulty().end(), UNKNOWN, "missing"),
    Row("the address moves meanwhile", SURVIVE, held(faulty().at(12).dialogue(A, "k2", 3)).end(), PASS),
    Row("the address came there", SURVIVE, held(faulty(since_s=8)).end(), PASS),
    Row("begun after the faults", SURVIVE, held(faulty(), from_s=12).end(), UNKNOWN, "0 connections"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_eligible_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
