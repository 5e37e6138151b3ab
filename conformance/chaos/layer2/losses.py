"""What one round measured, and how it is judged: outage of clients, silence on the wire, two that answered at a time.

Source: the bounds in conformance/chaos/README.md.

Pure.
"""

from dataclasses import dataclass
from typing import Final

from conformance.suite import answering, attempts, families
from conformance.suite.case import Check, judge_by
from conformance.suite.checks import failover
from conformance.suite.damage import damages
from conformance.suite.deeds import DEEDS
from conformance.suite.history import History
from conformance.suite.verdict import Finding, Outcome, worst

OUTAGE_S: Final = 1.0
"""Issue 5: the longest outage of a client behind the gateway, and how soon an address is answered for again."""
AT_LEAST: Final = 25
"""Requests before and after, or the round shows nothing."""
PLANNED: Final[tuple[Check, ...]] = (
    failover.none_lost(at_least=AT_LEAST),
    failover.answered_again(within_s=OUTAGE_S),
    failover.one_at_a_time(),
)
UNPLANNED: Final[tuple[Check, ...]] = (
    failover.outage(within_s=OUTAGE_S, at_least=AT_LEAST),
    failover.answered_again(within_s=OUTAGE_S),
    failover.one_at_a_time(),
)
SOAKED: Final[tuple[Check, ...]] = (failover.answered_again(within_s=OUTAGE_S), failover.one_at_a_time())
"""Under faults that clients feel whatever anybody does, as lost frames, what the wire shows is what counts."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One round, measured and judged.

    Args:
        deed: what befell the owner; several, joined by " + ".
        number: of the round, from 1.
        outage_s: the longest time in which a client's requests failed; 0 if none did.
        requests: made since then.
        failed: of those.
        silence_s: the longest time in which nobody answered for an address.
        together_s: the longest time in which two did.
        strays: answers of a node that had lost the address.
        seconds: how long the round took.
        findings: one for each check.
    """

    deed: str
    number: int
    outage_s: float
    requests: int
    failed: int
    silence_s: float
    together_s: float
    strays: int
    seconds: float
    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of its findings."""
        return worst(self.findings).outcome


def checks_of(deed: str) -> tuple[Check, ...]:
    """Return the checks that judge a deed's rounds."""
    return PLANNED if DEEDS[deed].is_planned else UNPLANNED


def measured(deed: str, number: int, history: History, checks: tuple[Check, ...]) -> Measured:
    """Measure and judge a round.

    Args:
        deed: what befell the owner.
        number: of the round.
        history: of it; empty for a round that was not driven.
        checks: that judge it.
    """
    begin_ns = min((fault.begin_ns for fault in damages(history)), default=history.end_ns)
    loops = {str(plan.data["about"]) for plan in history.of("request", "plan")}
    since = [[r for r in attempts.requests(history, about) if r.begin_ns >= begin_ns] for about in sorted(loops)]
    lost = [gap for made in since for gap in answering.gaps((r.begin_ns, r.is_ok) for r in made)]
    addresses = families.given(history)
    silences = [gap for address in addresses for gap in failover.silent(history, address) or ()]
    overlaps = [overlap for address in addresses for overlap in answering.overlaps(history, address)]
    return Measured(
        deed=deed,
        number=number,
        outage_s=max((gap.lasted_s for gap in lost), default=0.0),
        requests=sum(map(len, since)),
        failed=sum(not request.is_ok for made in since for request in made),
        silence_s=max((gap.lasted_s for gap in silences), default=0.0),
        together_s=max((overlap.lasted_s for overlap in overlaps), default=0.0),
        strays=sum(overlap.is_stray for overlap in overlaps),
        seconds=(history.end_ns - history.events[0].t_ns) / 1e9 if history.events else 0.0,
        findings=judge_by(checks, history),
    )
