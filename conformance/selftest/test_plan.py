"""Cases as values, and plans: what runs, where, and what the rest is called."""

from collections import Counter

import pytest

from conformance.selftest.made import Made
from conformance.suite import catalog, plan
from conformance.suite.case import Case, Check, judge
from conformance.suite.features import FEATURES
from conformance.suite.history import History
from conformance.suite.profiles import chosen
from conformance.suite.report import Word
from conformance.suite.verdict import Outcome, passed, worst
from lbkit.errors import InputError

FINE = Check("fine", "always", lambda _: passed("seen"))


def a_case(**changed: object) -> Case:
    """A case that is all right unless told otherwise."""
    fields: dict[str, object] = {
        "id": "L2-999",
        "title": "t",
        "lab": "l2",
        "features": ("layer2",),
        "source": "RFC 826",
        "checks": (FINE,),
    }
    return Case(**(fields | changed))  # type: ignore[arg-type] # wrong values are the point


@pytest.mark.parametrize(
    "changed",
    [
        {"checks": ()},
        {"checks": (FINE, FINE)},
        {"id": "L2-1"},
        {"id": "XX-001"},
        {"features": ("nonsense",)},
        {"features": ()},
        {"source": " "},
        {"lab": "moon"},
    ],
    ids=[
        "no check",
        "two of one name",
        "short number",
        "unknown group",
        "unknown feature",
        "no feature",
        "no source",
        "no lab",
    ],
)
def test_case_that_cannot_be_is_refused(changed: dict[str, object]) -> None:
    """A case without checks, source, known features, lab or id is an error when its file is read."""
    with pytest.raises(InputError):
        a_case(**changed)


def test_crashing_check_is_unknown() -> None:
    """A check that crashes proves nothing, so it never passes."""
    broken = Check("broken", "never", lambda _: passed(str(1 / 0)))
    finding = judge(a_case(checks=(broken,)), Made().end())[0]
    assert finding.verdict.outcome is Outcome.UNKNOWN
    assert "ZeroDivisionError" in finding.verdict.reason


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (Made().end(), Outcome.PASS),
        (Made().cut(), Outcome.UNKNOWN),
        (Made().add("suite", "stopped", reason="no address").end(), Outcome.UNKNOWN),
    ],
    ids=["complete", "cut off", "stopped"],
)
def test_drive_that_did_not_end_is_never_a_pass(made: History, wanted: Outcome) -> None:
    """A history without its end, or of a drive that stopped, passes no case even where each check is content."""
    assert worst(judge(a_case(), made)).outcome is wanted


@pytest.mark.parametrize(
    ("case", "word"),
    [
        (a_case(), None),
        (a_case(lab="bgp"), Word.SKIPPED),
        (a_case(id="BGP-999"), Word.SKIPPED),
        (a_case(features=("layer2", "ndp")), None),
        (a_case(features=("layer2", "proxy-arp")), Word.UNSUPPORTED),
        (a_case(provisional=True), Word.SKIPPED),
    ],
    ids=["runs", "other lab", "other profile", "claimed", "not claimed", "provisional"],
)
def test_disposition_is_decided_before_the_run(case: Case, word: Word | None) -> None:
    """What was not asked for is skipped, what is not claimed is unsupported."""
    asked = plan.Selection(frozenset({"l2"}), frozenset({"l2"}), frozenset({"ndp"}))
    result = plan.disposition(case, asked)
    assert (result.word if result else None) is word


def test_core_is_what_every_load_balancer_is_to_do() -> None:
    """No case that needs an extended feature, claimed or not, and none that measures."""
    asked = plan.Selection(frozenset({"l2"}), frozenset({"l2"}), frozenset({"ndp"}), is_core=True)
    assert plan.disposition(a_case(), asked) is None
    for features in (("layer2", "ndp"), ("layer2", "proxy-arp")):
        result = plan.disposition(a_case(features=features), asked)
        assert result is not None
        assert result.word is Word.SKIPPED


@pytest.mark.parametrize(
    ("done", "broken", "is_blocked"),
    [
        ({}, {}, False),
        ({"L2-998": Word.PASSED}, {}, False),
        ({"L2-998": Word.FAILED}, {}, True),
        ({"L2-998": Word.UNKNOWN}, {}, True),
        ({}, {"l2": "no docker"}, True),
    ],
    ids=["not run", "passed", "failed", "unknown", "lab broken"],
)
def test_failed_requirement_or_lab_blocks(done: dict[str, Word], broken: dict[str, str], is_blocked: bool) -> None:
    """A case is blocked, not failed, where the lab's self-test did not pass or the lab is broken."""
    result = plan.blocked(a_case(requires=("L2-998",)), done, broken)
    assert (result is not None) is is_blocked


def test_side_by_side_labs_share_what_either_can_show() -> None:
    """What one lab alone can show stays; the rest goes to the lab with the least to do."""
    cases = {
        case.id: case
        for case in (
            a_case(id="IPAM-001", elsewhere=("bgp",), provisional=True),
            a_case(id="IPAM-002", elsewhere=("bgp",)),
            a_case(id="IPAM-003", elsewhere=("bgp",)),
            a_case(id="IPAM-004", elsewhere=("bgp",)),
            a_case(id="L2-001"),
            a_case(id="L2-002"),
            a_case(id="BGP-001", lab="bgp", features=("bgp",)),
        )
    }
    asked = plan.Selection(frozenset({"l2", "bgp"}), chosen("full"), frozenset())
    found = plan.shared_out(cases, asked)
    assert {case.id for case in found.values() if case.lab != cases[case.id].lab} == {"IPAM-002", "IPAM-004"}
    assert [case.lab for case in found.values()] == ["l2"] * 4 + ["bgp"] * 3  # still lab by lab
    assert plan.shared_out(cases, plan.Selection(frozenset({"l2"}), chosen("full"), frozenset())) == cases


@pytest.mark.parametrize("is_core", [True, False])
def test_of_the_real_cases_each_lab_gets_its_share(is_core: bool) -> None:
    """There are enough that either can show."""
    asked = plan.Selection(frozenset({"l2", "bgp"}), chosen("full"), frozenset(FEATURES), is_core=is_core)
    cases = plan.shared_out(catalog.cases(), asked).values()
    busy = Counter(case.lab for case in cases if plan.disposition(case, asked) is None)
    assert abs(busy["l2"] - busy["bgp"]) <= 1
