"""A case that did not pass while the machine itself stood still is driven again, in a suite that is run dry."""

import pytest

from conformance.selftest.dry import Dry, run

STILL = 'world.recorder.record("host", "still", processor=0, seconds={})'
MARKED = 'lambda history: failed("late") if history.of("suite", "mark") else passed("in time")'


def test_a_case_fails_for_no_machine_that_stood_still(dry: Dry, pytester: pytest.Pytester) -> None:
    """It is driven once more, and both verdicts are told, the first with its evidence; what passed is not."""
    once = 'seen = world._path.with_suffix(".seen"); seen.exists() or world.mark("x"); seen.touch()'
    dry.case("API-001", f"{STILL.format(0.2)}; {once}", judge=MARKED)
    dry.case("API-002", STILL.format(0.2))
    ran = run(dry, pytester)
    assert (ran.code, ran.words) == (0, {"API-001": "passed", "API-002": "passed"})
    assert ran.reason("API-001") == (
        "in time; driven again, as this machine stood still for 0.20 s in the first drive (failed: it: late)"
    )
    assert "driven again" not in ran.reason("API-002")
    assert "evidence/API-001/first/history.jsonl" in ran.tests["API-001"]["evidence"]


def test_the_second_drive_of_a_case_is_its_last(dry: Dry, pytester: pytest.Pytester) -> None:
    """However often the machine stands still; a machine that went on is no excuse, and what fails no run needs none."""
    dry.case("API-001", f"{STILL.format(0.2)}; world.mark('x')", judge=MARKED)
    dry.case("API-002", f"{STILL.format(0.03)}; world.mark('x')", judge=MARKED)
    features = '"performance", "layer2"'
    dry.case("PERF-001", f"{STILL.format(0.2)}; world.mark('x')", judge=MARKED, features=features)
    ran = run(dry, pytester)
    assert (ran.code, ran.words) == (1, dict.fromkeys(("API-001", "API-002", "PERF-001"), "failed"))
    assert "driven again" in ran.reason("API-001")
    assert ran.reason("API-002") == ran.reason("PERF-001") == "it: late"
    assert not list(dry.out.glob("evidence/API-002/first"))
    assert list(dry.out.glob("evidence/API-001/first/history.jsonl"))


def test_a_case_whose_objects_are_kept_is_driven_once(dry: Dry, pytester: pytest.Pytester) -> None:
    """Whoever asks for --keep wants to look at what failed, and a second drive would take it away."""
    dry.case("API-001", f"{STILL.format(0.2)}; world.mark('x')", judge=MARKED)
    assert run(dry, pytester, "--keep").reason("API-001") == "it: late"
    assert not list(dry.out.glob("evidence/API-001/first"))
