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


def served() -> Made:
    """k1 answers for a Service's address, under a capture."""
    return Made().l2().opened().created("web").at(1).shows("web", A).dialogue(A, "k1", 3)


def first(owner: str, after_s: float = 3.0) -> Made:
    """k1 is excluded at two seconds, and somebody answers later."""
    return label(served().at(2), "k1", "false").at(2 + after_s).dialogue(A, owner, 40)


def second(made: Made, owner: str) -> Made:
    """k1 is back at eleven seconds, the others are excluded, and somebody answers from seventeen on."""
    made = label(label(label(made.at(11), "k1", None), "k2", ""), "k3", "")
    return (made.at(17).dialogue(A, owner, 20) if owner else made).at(20).closed()


def faulty(node: str = "k1") -> Made:
    """Cordon and pause of a node that k1's answers came before."""
    made = served().at(10)
    for number, kind in enumerate(("cordon", "kubelet-stop", "kubelet-start")):
        made = made.at(10 + 5 * number).add("fault", kind, node=node)
    return made


def held(made: Made, *, flows: int = 2, broken: bool = False, until_s: float = 25) -> Made:
    """Connections answer before and after the faults."""
    made = made.at(9).add("tcp", "plan", run=0, target=A, port=80, flows=flows, requests=2)
    for flow in range(flows):
        made = made.at(9).answer(0, flow, 20000 + flow, 0, "k2")
        error = "ConnectionResetError" if broken and flow == 0 else ""
        made = made.at(until_s).answer(0, flow, 20000 + flow, 1, "k2", error=error)
    return made


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
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_eligible_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
