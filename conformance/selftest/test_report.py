"""The report: each case once, in the right word, and a run without a case is no success."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from conformance.selftest.made import Made
from conformance.suite import catalog, junit, output, report, summary
from conformance.suite import judge as rejudge
from conformance.suite.history import dump
from conformance.suite.report import Result, Word, from_json, judged, to_json
from conformance.suite.verdict import Figure, Finding, failed, passed, unknown

CASES = catalog.cases()


def built(**words: Word) -> dict[str, object]:
    """A report in which every case passed, but for those named (L2_001=…)."""
    changed = {name.replace("_", "-"): word for name, word in words.items()}
    results = {i: Result(i, changed.get(i, Word.PASSED), "because") for i in CASES}
    return report.build(CASES.values(), results, {"date": "now", "implementation": {"project": "x"}})


def profile(made: dict[str, object], name: str) -> dict[str, object]:
    """One profile's core half."""
    return next(p for p in made["profiles"] if p["name"] == name)["core"]  # type: ignore[attr-defined, no-any-return] # plain YAML values


@pytest.mark.parametrize(
    ("word", "result"),
    [
        (Word.PASSED, "success"),
        (Word.FAILED, "failure"),
        (Word.UNKNOWN, "failure"),
        (Word.ERROR, "failure"),
        (Word.SKIPPED, "partial"),
        (Word.BLOCKED, "partial"),
    ],
)
def test_profile_is_a_success_only_if_all_passed(word: Word, result: str) -> None:
    """One case that did not pass spoils its profile, and only its own."""
    made = built(L2_001=word)
    assert profile(made, "l2")["result"] == result
    assert profile(made, "bgp")["result"] == "success"


def test_every_case_is_in_the_report_exactly_once() -> None:
    """Each case is once among the tests; each that binds is counted once in a profile, with or without a result."""
    made = report.build(CASES.values(), {}, {})
    assert sorted(t["id"] for t in made["tests"]) == sorted(CASES)
    halves = [p[half] for p in made["profiles"] for half in ("core", "extended") if half in p]
    counted = sum(count for half in halves for count in half["statistics"].values())
    assert counted == sum(not case.provisional for case in CASES.values())
    assert {t["result"] for t in made["tests"]} == {"error"}


def test_what_was_not_tested_is_said() -> None:
    """Skipped, blocked, unsupported and broken cases are listed by name with the reason."""
    made = built(L2_001=Word.SKIPPED, BGP_001=Word.BLOCKED)
    assert [t["id"] for t in made["notTested"]] == ["L2-001", "BGP-001"]  # type: ignore[attr-defined] # plain YAML values
    assert "did NOT test" in summary.render(made)
    assert "| L2-001 | skipped |" in summary.render(made)


def test_summary_tells_how_long_each_profile_took() -> None:
    """Minutes are those of all its cases, and of no other profile's (catalogue PERF-014)."""
    results = {i: Result(i, Word.PASSED, "because", seconds=75) for i in ("L2-001", "L2-002")}
    lines = summary.render(report.build(CASES.values(), results, {})).splitlines()
    taken = {line.split(" | ")[0].strip("| "): line.split(" | ")[2] for line in lines if line.count(" | ") == 9}
    assert (taken["profile"], taken["l2"], taken["bgp"]) == ("minutes", "2.5", "0.0")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 5),
        ((Word.SKIPPED, Word.UNSUPPORTED, Word.BLOCKED), 5),
        ((Word.PASSED, Word.SKIPPED), 0),
        ((Word.PASSED, Word.UNKNOWN), 1),
        ((Word.FAILED,), 1),
        ((Word.ERROR,), 1),
    ],
    ids=str,
)
def test_run_without_a_case_is_a_failure(words: tuple[Word, ...], code: int) -> None:
    """Zero cases run is exit code 5; anything failed, unknown or in error is 1."""
    assert report.exit_code(words) == code


def test_an_error_of_a_measurement_counts_always() -> None:
    """A miss, of the host or of the load balancer, may be reported only; a fault of the suite is none of that."""
    slow, other = CASES["PERF-001"], CASES["API-001"]
    words = (Word.FAILED, Word.UNKNOWN, Word.ERROR, Word.PASSED)
    reported = [[report.is_only_reported(c, w, is_gating=g) for w in words] for c, g in ((slow, False), (slow, True))]
    assert reported == [[True, True, False, False], [False] * 4]
    assert not report.is_only_reported(other, Word.FAILED, is_gating=False)


def test_result_survives_the_way_to_the_controller() -> None:
    """A result is the same after it went through JSON, as xdist sends it."""
    findings = (
        Finding("a", "r", passed("p").with_figures(Figure("wait", 0.5, "s", at_most=1))),
        Finding("b", "r", failed("f", "e1", "e2")),
        Finding("c", "r", unknown("u")),
    )
    result = judged("L2-001", findings, 1.5, ("evidence/x",))
    assert result.word is Word.FAILED
    assert from_json(json.loads(json.dumps(to_json(result)))) == result


def saved(out: Path, *addresses: str) -> None:
    """Save a history of IPAM-001 in which the Service got these addresses."""
    made = Made().add("suite", "case", id="IPAM-001", wall_ns=0).l2().pool().at(1).created("web").at(2)
    for address in addresses:
        made = made.shows("web", address)
    folder = out / "evidence" / "IPAM-001"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "history.jsonl").write_text("".join(dump(e) + "\n" for e in made.at(9).end().events), encoding="utf-8")


def test_saved_histories_are_judged_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The judge reads an output directory, gives today's verdicts, and rewrites the report with them."""
    output.write(tmp_path, built(IPAM_001=Word.FAILED))
    saved(tmp_path, "10.10.0.201")
    assert rejudge.main([str(tmp_path)]) == 0
    assert "passed   IPAM-001" in capsys.readouterr().out
    made = yaml.safe_load((tmp_path / "report.yaml").read_text(encoding="utf-8"))
    assert made["summary"]["failed"] == 0
    assert made["tests"][0]["evidence"] == ["evidence/IPAM-001/history.jsonl"]
    saved(tmp_path, "10.99.0.1")
    assert rejudge.main([str(tmp_path)]) == 1


def test_case_newer_than_a_saved_run_is_skipped_in_it(tmp_path: Path) -> None:
    """Judged again, a run does not fail for cases that there were not yet."""
    output.write(tmp_path, built())
    old = yaml.safe_load((tmp_path / "report.yaml").read_text(encoding="utf-8"))
    old["tests"] = [test for test in old["tests"] if test["id"] == "IPAM-001"]
    (tmp_path / "report.yaml").write_text(yaml.safe_dump(old), encoding="utf-8")
    saved(tmp_path, "10.10.0.201")
    assert rejudge.main([str(tmp_path)]) == 0
    made = yaml.safe_load((tmp_path / "report.yaml").read_text(encoding="utf-8"))
    assert (made["summary"]["passed"], made["summary"]["skipped"]) == (1, len(CASES) - 1)


def test_junit_has_every_case_once_in_its_word() -> None:
    """Failures and errors are told from what did not run, and what XML cannot hold is replaced."""
    made = built(L2_001=Word.UNKNOWN, L2_002=Word.ERROR, BGP_001=Word.BLOCKED, BGP_002=Word.UNSUPPORTED)
    made["tests"][0]["reason"] = "\x1b[31mred"  # type: ignore[index] # plain YAML values
    made["tests"][0]["result"] = "failed"  # type: ignore[index] # plain YAML values
    suite = ET.fromstring(junit.render(made))[0]  # noqa: S314 - our own text
    counted = {key: int(suite.get(key, "")) for key in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": len(CASES), "failures": 2, "errors": 1, "skipped": 2}
    assert len({case.get("name") for case in suite}) == len(CASES)
    assert "blocked: because" in [told.get("message") for case in suite for told in case]


def test_judge_with_nothing_to_judge_is_no_success(tmp_path: Path) -> None:
    """An empty directory is exit code 5, a file that is no history 2."""
    assert rejudge.main([str(tmp_path)]) == 5
    (tmp_path / "x.jsonl").write_text("nonsense\n", encoding="utf-8")
    assert rejudge.main([str(tmp_path / "x.jsonl")]) == 2
