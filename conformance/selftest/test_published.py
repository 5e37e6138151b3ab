"""Published reports: every verdict that is no pass is explained, no other is, and runs of one target are joined."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.reports import publish
from conformance.suite import catalog, output, report
from conformance.suite.explained import Explanation, explain, joined, parse
from conformance.suite.page.publish import read
from conformance.suite.report import Result, Word
from lbkit.errors import InputError

CASES = catalog.cases()
PLACE = {
    "kubernetes": "v1",
    "containerRuntime": "c",
    "kernel": "6",
    "nodes": 3,
    "topology": {"file": "f", "sha256": "a"},
}
WHY = {"L2-004": Explanation("L2-004", "behaviour", "It answers to all.", "its manual")}


def run(lab: str, project: str = "x", **words: Word) -> dict[str, Any]:
    """A run in one lab in which some cases did not pass."""
    every = {
        case.id: Result(case.id, words.get(case.id.replace("-", "_"), Word.PASSED), "because")
        if case.lab == lab
        else Result(case.id, Word.SKIPPED, "lab was not asked for")
        for case in CASES.values()
    }
    header = {"implementation": {"project": project, "version": "1"}, "environments": [{"lab": lab, **PLACE}]}
    return report.build(CASES.values(), every, header)


def test_verdict_that_is_no_pass_has_to_be_explained() -> None:
    """An explanation is put beside its verdict; one that is missing or needless is named, all at once."""
    told = explain(run("l2", L2_004=Word.FAILED), WHY)
    (test,) = [test for test in told["tests"] if "explained" in test]
    assert (test["id"], test["explained"]["kind"]) == ("L2-004", "behaviour")
    with pytest.raises(InputError, match="L2-001: is unknown") as caught:
        explain(run("l2", L2_001=Word.UNKNOWN, L2_002=Word.BLOCKED), WHY)
    assert [problem.path for problem in caught.value.problems] == ["L2-001", "L2-002", "L2-004"]
    assert "explained" not in str(explain(run("l2", L2_006=Word.UNSUPPORTED), {})["tests"])


def test_explanation_of_a_case_that_was_not_asked_for_is_left_alone() -> None:
    """A run of the other lab needs no explanation, and does not make it needless."""
    assert explain(run("bgp"), WHY)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ([], "no mapping"),
        ({"x": {"L2-004": {"kind": "bug"}}}, "wanted kind, why and source"),
        ({"x": {"L2-004": {"kind": "mood", "why": "w", "source": "s"}}}, "got kind mood"),
    ],
    ids=["no mapping", "not whole", "unknown kind"],
)
def test_explanations_are_read_strictly(data: object, told: str) -> None:
    """What cannot be read is named with its place."""
    with pytest.raises(InputError, match=told):
        parse(data, "explained.yaml")
    assert parse({"x": None}, "explained.yaml") == {}


def test_runs_of_one_implementation_are_joined() -> None:
    """Of each case the run counts that was asked for it; runs of others are refused."""
    told = publish.recounted(joined([run("l2", L2_004=Word.FAILED), run("bgp", BGP_003=Word.UNKNOWN)]))
    assert (told["summary"]["failed"], told["summary"]["unknown"], told["summary"]["skipped"]) == (1, 1, 0)
    assert [environment["lab"] for environment in told["environments"]] == ["l2", "bgp"]
    with pytest.raises(InputError, match="wanted one"):
        joined([run("l2"), run("bgp", project="y")])


def test_runs_are_published_or_what_is_missing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Reports, summaries and one page of all; with an unexplained verdict nothing is written."""
    for lab in ("l2", "bgp"):
        output.write(tmp_path / lab, run(lab, L2_004=Word.FAILED))
    runs = [read(tmp_path / lab) for lab in ("l2", "bgp")]
    assert publish.publish(runs, {"x": WHY}, tmp_path / "to") == []
    made = yaml.safe_load((tmp_path / "to" / "x" / "report.yaml").read_text(encoding="utf-8"))
    assert made["summary"]["failed"] == 1
    assert "It answers to all." in (tmp_path / "to" / "x" / "summary.md").read_text(encoding="utf-8")
    assert "It answers to all." in (tmp_path / "to" / "report.html").read_text(encoding="utf-8")
    assert publish.publish(runs, {}, tmp_path / "nothing") == ["x L2-004: is failed (because), and nothing explains it"]
    assert not (tmp_path / "nothing").exists()
    assert publish.main([str(tmp_path / "none")]) == 2
    assert "no report.yaml" in capsys.readouterr().err


def test_explanations_of_this_repository_can_be_read() -> None:
    """The file beside the published reports is whole, and explains known cases only."""
    path = publish.HERE / publish.EXPLAINED
    known = parse(yaml.safe_load(path.read_text(encoding="utf-8")), str(path))
    assert {case for cases in known.values() for case in cases} <= set(CASES)
