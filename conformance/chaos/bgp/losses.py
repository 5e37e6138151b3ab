"""What one round measured, and how it is judged: when the last router let go of the node, and requests that failed.

Source: the bounds in conformance/chaos/README.md.

Pure.
"""

from dataclasses import dataclass
from typing import Final

from conformance.suite import attempts
from conformance.suite.case import Check, judge_by
from conformance.suite.checks import bgp_loss, failover, hops
from conformance.suite.damage import damages
from conformance.suite.history import History
from conformance.suite.verdict import Finding, Outcome, worst

ABOUT: Final = "web"
"""Name of the loop of requests."""
AT_LEAST: Final = 25
"""Requests before and after, or the round shows nothing."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One round, measured and judged.

    Args:
        deed: what befell the node.
        number: of the round, from 1.
        gone_s: from the fault until no router had the node as next hop; None where that is not judged or never was.
        outage_s: from the fault to the beginning of the last request that failed; 0 if none did.
        requests: made since then.
        failed: of those.
        seconds: how long the round took.
        findings: one for each check.
    """

    deed: str
    number: int
    gone_s: float | None
    outage_s: float
    requests: int
    failed: int
    seconds: float
    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of its findings."""
        return worst(self.findings).outcome


def checks_for(gone_s: float | None, outage_s: float) -> tuple[Check, ...]:
    """Return the checks that judge rounds with these limits.

    Args:
        gone_s: until no router has the node as next hop, seconds; None if that is not asked.
        outage_s: of requests, seconds; 0 if none may fail.
    """
    lost = bgp_loss.blackhole(outage_s, AT_LEAST) if outage_s else failover.none_lost(ABOUT, at_least=AT_LEAST)
    return (lost,) if gone_s is None else (hops.out_of_fib(gone_s), lost)


def measured(deed: str, number: int, history: History, checks: tuple[Check, ...]) -> Measured:
    """Measure and judge a round.

    Args:
        deed: what befell the node.
        number: of the round.
        history: of it; empty for a round that was not driven.
        checks: that judge it.
    """
    begin_ns = min((fault.begin_ns for fault in damages(history)), default=history.end_ns)
    since = [request for request in attempts.requests(history, ABOUT) if request.end_ns >= begin_ns]
    lost = [request for request in since if not request.is_ok]
    findings = judge_by(checks, history)
    gone = [figure.value for f in findings if f.check == "out-of-fib" for figure in f.verdict.figures]
    return Measured(
        deed=deed,
        number=number,
        gone_s=gone[0] if gone else None,
        outage_s=max(0.0, max((request.begin_ns - begin_ns for request in lost), default=0) / 1e9),
        requests=len(since),
        failed=len(lost),
        seconds=(history.end_ns - history.events[0].t_ns) / 1e9 if history.events else 0.0,
        findings=findings,
    )
