"""The report: every case exactly once, in one of seven words, with what was not tested said aloud.

passed, failed, unknown (nothing was seen that could decide), skipped (asked not to), unsupported (the feature
is not claimed), blocked (the lab cannot), error (the lab or the suite is at fault).
Shape after the Gateway API's ConformanceReport; catalogue 4.3.

Pure.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from conformance.suite.case import Case
from conformance.suite.features import Tier
from conformance.suite.profiles import PROFILES
from conformance.suite.verdict import Figure, Finding, Outcome, Verdict, worst
from conformance.suite.waits import REPLY_P95_S

API_VERSION: Final = "conformance.lbkit.io/v1alpha1"
SUITE_VERSION: Final = "0.1.0"


class Word(StrEnum):
    """What became of a case."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    UNSUPPORTED = "unsupported"
    BLOCKED = "blocked"
    ERROR = "error"


RAN: Final = frozenset({Word.PASSED, Word.FAILED, Word.UNKNOWN})
BAD: Final = frozenset({Word.FAILED, Word.UNKNOWN, Word.ERROR})
DOUBT_S: Final = REPLY_P95_S / 2
NOT_TESTED: Final = frozenset({Word.SKIPPED, Word.UNSUPPORTED, Word.BLOCKED, Word.ERROR})
_OF_OUTCOME: Final = {Outcome.PASS: Word.PASSED, Outcome.UNKNOWN: Word.UNKNOWN, Outcome.FAIL: Word.FAILED}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case.

    Args:
        id: of the case.
        word: one of seven.
        reason: one sentence.
        seconds: the drive took.
        findings: what each check said; empty unless the case ran.
        evidence: files, relative to the output directory.
    """

    id: str
    word: Word
    reason: str
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()
    evidence: tuple[str, ...] = ()


def judged(case_id: str, findings: tuple[Finding, ...], seconds: float, evidence: tuple[str, ...]) -> Result:
    """Turn findings into a result.

    Args:
        case_id: of the case.
        findings: of its checks.
        seconds: the drive took.
        evidence: files, relative to the output directory.
    """
    verdict = worst(findings)
    return Result(case_id, _OF_OUTCOME[verdict.outcome], verdict.reason, seconds, findings, evidence)


def build(cases: Iterable[Case], results: Mapping[str, Result], header: Mapping[str, Any]) -> dict[str, Any]:
    """Make the report.

    Args:
        cases: all there are, whether they ran or not.
        results: {id: result}; a case without one was not reached, which is an error of the run.
        header: implementation, environment, claimed features and the like, as plain values.

    Returns:
        Plain values, ready for YAML.
    """
    known = sorted(cases, key=lambda case: case.order)
    every = {case.id: results.get(case.id) or Result(case.id, Word.ERROR, "it was never reached") for case in known}
    return {
        "apiVersion": API_VERSION,
        "kind": "ConformanceReport",
        **header,
        "suite": {"version": SUITE_VERSION, "cases": len(known), **header.get("suite", {})},
        "summary": {word.value: sum(r.word is word for r in every.values()) for word in Word},
        "profiles": [
            _profile(name.name, members, every, frozenset(header.get("claimedFeatures", ())))
            for name in PROFILES
            if (members := [case for case in known if case.profile == name.name])
        ],
        "succeededProvisionalTests": [c.id for c in known if c.provisional and every[c.id].word is Word.PASSED],
        "notTested": [
            {"id": c.id, "title": c.title, "result": every[c.id].word.value, "reason": every[c.id].reason}
            for c in known
            if every[c.id].word in NOT_TESTED
        ],
        "tests": [_test(case, every[case.id]) for case in known],
    }


def _profile(name: str, cases: list[Case], every: Mapping[str, Result], claimed: frozenset[str]) -> dict[str, Any]:
    binding = [case for case in cases if not case.provisional]
    core = [case for case in binding if case.tier is not Tier.EXTENDED]
    extended = [case for case in binding if case.tier is Tier.EXTENDED]
    asked = {feature for case in extended for feature in case.extended}
    part: dict[str, Any] = {"name": name, "core": _half(core, every)}
    if extended:
        part["extended"] = {
            **_half(extended, every),
            "supportedFeatures": sorted(asked & claimed),
            "unsupportedFeatures": sorted(asked - claimed),
        }
    part["summary"] = f"core {part['core']['result']}" + (
        f", extended {part['extended']['result']}" if extended else ""
    )
    return part


def _half(cases: list[Case], every: Mapping[str, Result]) -> dict[str, Any]:
    """Count one half of a profile; a skip or a block makes it partial, never a success."""
    words = Counter(every[case.id].word for case in cases)
    judged_words = {word for word in words if word is not Word.UNSUPPORTED}
    if judged_words & BAD:
        result = "failure"
    elif judged_words == {Word.PASSED}:
        result = "success"
    else:
        result = "partial"
    listed = {
        "failedTests": sorted(c.id for c in cases if every[c.id].word in BAD),
        "skippedTests": sorted(c.id for c in cases if every[c.id].word in {Word.SKIPPED, Word.BLOCKED}),
    }
    return {
        "result": result,
        "statistics": {word.value: words.get(word, 0) for word in Word},
        **{key: value for key, value in listed.items() if value},
    }


def _test(case: Case, result: Result) -> dict[str, Any]:
    return {
        "id": case.id,
        "title": case.title,
        "result": result.word.value,
        "reason": result.reason,
        "seconds": round(result.seconds, 2),
        "profile": case.profile,
        "tier": case.tier.value,
        "lab": case.lab,
        "features": list(case.features),
        "source": case.source,
        "checks": [
            {
                "name": finding.check,
                "rule": finding.rule,
                "outcome": finding.verdict.outcome.name,
                "reason": finding.verdict.reason,
                **({"evidence": list(finding.verdict.evidence)} if finding.verdict.evidence else {}),
                **({"figures": [_figure(f) for f in finding.verdict.figures]} if finding.verdict.figures else {}),
            }
            for finding in result.findings
        ],
        "evidence": list(result.evidence),
    }


def _figure(figure: Figure) -> dict[str, Any]:
    """Leave out the bounds that there are not."""
    return {key: value for key, value in asdict(figure).items() if value is not None}


def is_only_reported(case: Case, word: Word, *, is_gating: bool) -> bool:
    """Say whether a verdict that is no pass fails no run: a measurement, where none was to be a gate.

    Args:
        case: which case.
        word: what became of it; an error of the lab or the suite counts always.
        is_gating: whether measurements were to be gates.
    """
    return case.is_measured and not is_gating and word in {Word.FAILED, Word.UNKNOWN}


def is_doubtful(word: Word, still_s: float) -> bool:
    """Say whether a verdict may be the machine's fault, as it stood still for half of what the tightest limit allows.

    Args:
        word: what became of the case.
        still_s: the longest that the machine stood still meanwhile, seconds.
    """
    return word in {Word.FAILED, Word.UNKNOWN} and still_s >= DOUBT_S


def exit_code(words: Iterable[Word]) -> int:
    """Say how a run ends: 0 all well, 1 something failed, is unknown or an error, 5 no case ran at all.

    Args:
        words: of all cases.
    """
    seen = set(words)
    if seen & BAD:
        return 1
    return 0 if seen & RAN else 5


def to_json(result: Result) -> dict[str, Any]:
    """Turn a result into plain values, for the way from a worker to the controller (xdist takes builtins only)."""
    return dict(json.loads(json.dumps(asdict(result))))


def from_json(data: Mapping[str, Any]) -> Result:
    """Turn what `to_json` made back into a result."""
    findings = tuple(
        Finding(
            f["check"],
            f["rule"],
            Verdict(
                Outcome(f["verdict"]["outcome"]),
                f["verdict"]["reason"],
                tuple(f["verdict"]["evidence"]),
                tuple(Figure(**figure) for figure in f["verdict"]["figures"]),
            ),
        )
        for f in data["findings"]
    )
    return Result(data["id"], Word(data["word"]), data["reason"], data["seconds"], findings, tuple(data["evidence"]))
