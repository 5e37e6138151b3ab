"""Broken targets: which cases have to notice, and when a run shows that exactly those did."""

import re
from pathlib import Path

import pytest

from conformance.broken.table import SWITCHES, Outcome, Switch, controls, expected, render
from conformance.suite import catalog
from conformance.targets.broken import FILES, PYTHONPATH, SOURCES, TARGETS

CASES = catalog.cases()
SWITCH = Switch("x", "does x", ("l2",), frozenset({"fast"}), also={"IPAM-001": "why"}, spared={"L2-005": "why"})


def test_cases_that_use_a_broken_check_must_fail() -> None:
    """Named are the cases of the switch's labs by their checks, and those named apart; spared ones run beside."""
    assert expected(SWITCH, CASES) == {"L2-004", "IPAM-001"}
    beside = controls(SWITCH, CASES)
    assert "L2-005" in beside
    assert not beside & {"L2-004", "IPAM-001", "BGP-001"}
    every = {case.id for case in CASES.values() if case.lab == "l2"}
    assert controls(SWITCH, CASES, everything=True) == every - {"L2-004", "IPAM-001"}


@pytest.mark.parametrize(
    ("words", "missed", "others"),
    [
        ({"L2-004": "failed", "IPAM-001": "unknown", "L2-001": "passed"}, (), ()),
        ({"L2-004": "passed", "IPAM-001": "failed"}, ("L2-004",), ()),
        ({"L2-004": "failed", "IPAM-001": "failed", "L2-001": "failed"}, (), ("L2-001",)),
        ({"L2-004": "error", "IPAM-001": "failed", "L2-001": "blocked"}, ("L2-004",), ("L2-001",)),
        ({"L2-004": "failed", "L2-006": "unsupported"}, ("IPAM-001",), ()),
    ],
    ids=["exactly", "one passed", "another failed", "error is no notice", "not run"],
)
def test_exactly_the_named_cases_must_fail(
    words: dict[str, str], missed: tuple[str, ...], others: tuple[str, ...]
) -> None:
    """A named case that passed, was in error or did not run is missed; any other that did not pass is one too many."""
    outcome = Outcome(SWITCH, expected(SWITCH, CASES), words)
    assert (outcome.missed, outcome.others, outcome.is_right) == (missed, others, not missed and not others)
    assert ("exactly these failed" in render((outcome,))) is outcome.is_right


def test_switch_that_nothing_notices_is_not_right() -> None:
    """Where no case is there to fail, nothing is proved."""
    assert not Outcome(SWITCH, frozenset(), {"L2-001": "passed"}).is_right


def test_each_switch_of_the_table_is_there_to_be_deployed() -> None:
    """Table, targets and switches name the same; what a pod gets are the files beside the switches."""
    names = [switch.name for switch in SWITCHES]
    told = (SOURCES / "switches.py").read_text(encoding="utf-8")
    there = re.findall(r'^    "([a-z-]+)": ', told[told.index("SWITCHES") :], re.MULTILINE)
    assert sorted(names) == sorted(there) == sorted(target.switch for target in TARGETS)
    assert all((SOURCES / name).is_file() for name in FILES)
    assert {lab for switch in SWITCHES for lab in switch.labs} <= {"l2", "bgp"}


def test_cases_named_apart_are_cases() -> None:
    """An id with a typing error would be a case that nobody misses."""
    for switch in SWITCHES:
        assert {*switch.also, *switch.spared} <= set(CASES), switch.name


def test_pod_finds_the_switches_before_lbkit() -> None:
    """The path that the target sets is the image's own, with the switches before it."""
    image = (Path(__file__).resolve().parents[2] / "images" / "lbkit" / "Dockerfile").read_text(encoding="utf-8")
    found = re.search(r"PYTHONPATH=(\S+)", image)
    assert found
    assert f"/opt/lbkit/broken:{found[1]}" == PYTHONPATH
