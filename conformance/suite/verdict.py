"""What a check may say, and how several checks make one verdict.

A verdict starts as UNKNOWN and has to be earned: a check that saw nothing proves nothing, so UNKNOWN fails a
test as FAIL does, under its own word (Jepsen's three values; Gateway API starts from success and corrects later).

Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

FEW: Final = 5
"""Lines of evidence that a failure shows; the rest is in the history."""


class Outcome(IntEnum):
    """The three answers, worse is higher."""

    PASS = 0
    UNKNOWN = 1
    FAIL = 2


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that was measured, and the bound it is held to.

    Args:
        name: what was measured, in a few words.
        value: the worst that was seen.
        unit: s, flows, writes, …; "" for a bare number.
        at_most: it must not be above; None if there is no such bound.
        at_least: it must not be below; None if there is no such bound.
    """

    name: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check's answer.

    Args:
        outcome: PASS, UNKNOWN or FAIL.
        reason: one sentence with what was seen and what was wanted.
        evidence: lines a reader can look up in the history; the most telling first, at most a few.
        figures: what was measured, for the report; the outcome does not depend on them.
    """

    outcome: Outcome
    reason: str
    evidence: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()

    def with_figures(self, *figures: Figure) -> "Verdict":
        """Return the same answer with the numbers it rests on."""
        return replace(self, figures=figures)


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict and the check that gave it.

    Args:
        check: the check's name.
        rule: what the check demands, in a sentence.
        verdict: its answer.
    """

    check: str
    rule: str
    verdict: Verdict


def passed(reason: str, *evidence: str) -> Verdict:
    """Say that the rule was seen to hold."""
    return Verdict(Outcome.PASS, reason, evidence)


def unknown(reason: str, *evidence: str) -> Verdict:
    """Say that nothing was seen that could decide."""
    return Verdict(Outcome.UNKNOWN, reason, evidence)


def failed(reason: str, *evidence: str) -> Verdict:
    """Say that the rule was seen broken; of the evidence the first lines are kept (`FEW`)."""
    return Verdict(Outcome.FAIL, reason, evidence[:FEW])


def worst(findings: Iterable[Finding]) -> Verdict:
    """Join the findings of one case: the worst outcome wins, and the first of that kind gives the reason.

    Args:
        findings: in the order of the case's checks.

    Returns:
        The case's verdict; UNKNOWN when there is no finding at all.
    """
    ordered = tuple(findings)
    if not ordered:
        return unknown("no check judged this history")
    outcome = max(finding.verdict.outcome for finding in ordered)
    telling = [finding for finding in ordered if finding.verdict.outcome == outcome]
    if outcome == Outcome.PASS:
        return passed("; ".join(finding.verdict.reason for finding in ordered))
    first = telling[0]
    return Verdict(outcome, f"{first.check}: {first.verdict.reason}", first.verdict.evidence)
