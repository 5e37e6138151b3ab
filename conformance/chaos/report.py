"""The result of a run as Markdown: each round with what was seen in it, and the checks that judged it.

Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from conformance.suite import attempts, seen
from conformance.suite.case import Check, judge_by
from conformance.suite.checks import crash, ipam
from conformance.suite.history import History
from conformance.suite.spread import spread
from conformance.suite.verdict import Finding, Outcome, worst

ROLE: Final = "controller"
TAKEOVER_S: Final = 5.0
"""Until another replica looks after Services, from the kill."""
AT_LEAST: Final = 50
"""Services that must have had an address, or the round shows nothing."""
CHECKS: Final[tuple[Check, ...]] = (
    ipam.unique(at_least=AT_LEAST),
    ipam.in_pool(),
    crash.kept(at_least=AT_LEAST),
    crash.taken_over(ROLE, TAKEOVER_S),
    crash.settled("quiet"),
    crash.settled("brim"),
    crash.full("brim"),
)
_WORDS: Final = {Outcome.PASS: "passed", Outcome.FAIL: "FAILED", Outcome.UNKNOWN: "unknown"}


@dataclass(frozen=True, slots=True)
class Judged:
    """One round, judged.

    Args:
        number: of the round.
        findings: one for each check, and one more for a drive that did not come to its end.
        writes: creations and deletions that were answered.
        killed: the pod whose process was killed; "" if none was.
        takeover_s: from the kill until a Service created since was looked after; None if never.
    """

    number: int
    findings: tuple[Finding, ...]
    writes: int
    killed: str
    takeover_s: float | None

    @property
    def outcome(self) -> Outcome:
        """The worst of its findings."""
        return worst(self.findings).outcome


def judged(number: int, history: History) -> Judged:
    """Judge a round.

    Args:
        number: of the round.
        history: of it; empty for a round that was not driven.
    """
    kills = attempts.kills(history, ROLE)
    return Judged(
        number=number,
        findings=judge_by(CHECKS, history),
        writes=len(seen.writes(history, "Service")),
        killed=", ".join(kills[0].pods) if kills else "",
        takeover_s=crash.takeover_s(history, ROLE),
    )


def outcome(rounds: Sequence[Judged]) -> Outcome:
    """Return the worst outcome; UNKNOWN for no rounds."""
    return max((one.outcome for one in rounds), default=Outcome.UNKNOWN)


def render(rounds: Sequence[Judged], title: str) -> str:
    """Write the report.

    Args:
        rounds: in order.
        title: of the report, without markup.

    Returns:
        Markdown, ending with a newline.
    """
    took = spread(one.takeover_s for one in rounds if one.takeover_s is not None)
    good = sum(one.outcome is Outcome.PASS for one in rounds)
    lines = [f"# {title}", "", f"{good} of {len(rounds)} rounds passed."]
    if took.samples:
        least, half, most = took.samples[0], took.at(50), took.at(100)
        lines.append(
            f"Take-over after the kill: {least:.2f} s at least, {half:.2f} s half of them, {most:.2f} s at most."
        )
    lines += ["", "| round | writes | killed | take-over, s | |", "| --- | --- | --- | --- | --- |"]
    for one in rounds:
        seconds = "never" if one.takeover_s is None else f"{one.takeover_s:.2f}"
        lines.append(f"| {one.number} | {one.writes} | {one.killed} | {seconds} | {_WORDS[one.outcome]} |")
    lines += ["", "| check | rounds passed | rule |", "| --- | --- | --- |"]
    for check in CHECKS:
        found = [f.verdict.outcome for one in rounds for f in one.findings if f.check == check.name]
        lines.append(f"| {check.name} | {found.count(Outcome.PASS)} of {len(rounds)} | {check.rule} |")
    for one in rounds:
        for finding in one.findings:
            if finding.verdict.outcome is not Outcome.PASS:
                lines += ["", f"Round {one.number}, {finding.check}: {finding.verdict.reason}"]
                lines += [f"- {line}" for line in finding.verdict.evidence]
    return "\n".join(lines) + "\n"
