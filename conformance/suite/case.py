"""What a case is: one behaviour, where it comes from, where it can be seen, and which checks judge it.

A case file holds one `CASE` and one test function; the YAML of the same stem holds its objects.
The function drives and observes; it never judges. A case without a check cannot be made.

Pure.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from conformance.suite import seen
from conformance.suite.features import FEATURES, Tier
from conformance.suite.history import History
from conformance.suite.profiles import GROUPS
from conformance.suite.verdict import Finding, Outcome, Verdict, unknown
from lbkit.errors import InputError, Problem

LABS: Final = ("l2", "bgp")
BACKENDS: Final = ("echo", "kept")
_DRIVE: Final = "the case was driven to its end"
_ID: Final = re.compile(r"^(?P<group>[A-Z0-9]+)-(?P<number>\d{3})$")


@dataclass(frozen=True, slots=True)
class Check:
    """One rule and the function that judges it.

    Args:
        name: short, for tables (`one-owner`).
        rule: what must hold, in a sentence.
        judge: pure function of the history.
    """

    name: str
    rule: str
    judge: Callable[[History], Verdict]


@dataclass(frozen=True, slots=True)
class Case:
    """One behaviour that is judged.

    Args:
        id: stable, from the catalogue (`L2-002`).
        title: the behaviour, in a sentence.
        lab: the lab it runs in.
        elsewhere: other labs that can show it just as well; side by side they share such cases out.
        features: what it needs; one core (or lab, performance) feature and any extended ones.
        backend: the pods that are ready before the drive begins: `echo`, one on each node; `kept`, two on the control
            plane's node, which fail-over cases leave alone; or none.
        uses: extended features that it makes use of where the target claims them, and does without elsewhere.
        source: the text that asks for it (RFC and section, KEP, API documentation).
        checks: at least one, in the order a reader wants the answers.
        requires: ids of cases that must not have failed before; else this one is blocked.
        timeout_s: for the drive as a whole, seconds.
        provisional: not yet shown to be right in a lab: runs only under --provisional, and counts only when it passes.
    """

    id: str
    title: str
    lab: str
    features: tuple[str, ...]
    source: str
    checks: tuple[Check, ...]
    elsewhere: tuple[str, ...] = ()
    backend: str = ""
    uses: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    timeout_s: float = 120.0
    provisional: bool = False

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        match = _ID.match(self.id)
        if not match or match["group"] not in GROUPS:
            problems.append(Problem(self.id, f"got this id, wanted GROUP-NNN with a group of {', '.join(GROUPS)}"))
        if not self.checks:
            problems.append(Problem(self.id, "got a case without checks, wanted at least one"))
        if len({check.name for check in self.checks}) != len(self.checks):
            problems.append(Problem(self.id, "got two checks of one name"))
        if wrong := [lab for lab in (self.lab, *self.elsewhere) if lab not in LABS]:
            problems.append(Problem(self.id, f"got lab {', '.join(wrong)}, wanted one of {', '.join(LABS)}"))
        if self.backend not in ("", *BACKENDS):
            problems.append(Problem(self.id, f"got backend {self.backend}, wanted {' or '.join(BACKENDS)} or none"))
        wrong = [name for name in (*self.features, *self.uses) if name not in FEATURES]
        if wrong or not self.features:
            problems.append(Problem(self.id, f"got features {list(self.features)}, wanted known ones, at least one"))
        if not self.source.strip() or not self.title.strip():
            problems.append(Problem(self.id, "got no source or no title, wanted both"))
        if problems:
            raise InputError(*problems)

    @property
    def group(self) -> str:
        """The id's prefix."""
        return self.id.split("-", maxsplit=1)[0]

    @property
    def profile(self) -> str:
        """The one profile that reports it."""
        return GROUPS[self.group]

    @property
    def tier(self) -> Tier:
        """Extended if it needs any extended feature, else the tier of its first feature."""
        tiers = [FEATURES[name].tier for name in self.features]
        return Tier.EXTENDED if Tier.EXTENDED in tiers else tiers[0]

    @property
    def is_measured(self) -> bool:
        """Whether it measures what a host as well as a load balancer decides (the tier P of the catalogue)."""
        return any(FEATURES[name].tier is Tier.PERFORMANCE for name in self.features)

    @property
    def extended(self) -> frozenset[str]:
        """The extended features it needs."""
        return frozenset(name for name in self.features if FEATURES[name].tier is Tier.EXTENDED)

    @property
    def order(self) -> tuple[int, int, int]:
        """Sort key: by lab, then group, then number, so that a lab's self-test comes first in its group."""
        group, number = self.id.split("-", maxsplit=1)
        return (LABS.index(self.lab), list(GROUPS).index(group), int(number))


def judge(case: Case, history: History) -> tuple[Finding, ...]:
    """Judge one history by a case's checks.

    Args:
        case: whose checks to use.
        history: live or saved.

    Returns:
        As `judge_by`.
    """
    return judge_by(case.checks, history)


def judge_by(checks: Iterable[Check], history: History) -> tuple[Finding, ...]:
    """Judge one history.

    A check that crashes proves nothing: its answer is UNKNOWN, never a pass (Jepsen's check-safe).

    Args:
        checks: in the order a reader wants the answers.
        history: live or saved.

    Returns:
        One finding per check, in their order, and one more where the drive did not get to its end.
    """
    findings = tuple(Finding(check.name, check.rule, _safely(check, history)) for check in checks)
    stopped = history.last("suite", "stopped")
    if stopped:
        return (*findings, Finding("drive", _DRIVE, unknown(f"the drive stopped: {stopped.data['reason']}")))
    if not history.is_complete:
        return (*findings, Finding("drive", _DRIVE, unknown("the history is cut off before its end")))
    return findings


def is_content(check: Check, history: History) -> bool:
    """Say whether a check would pass what was seen until now, if observers ended now and nothing more came."""
    return _safely(check, seen.so_far(history)).outcome is Outcome.PASS


def _safely(check: Check, history: History) -> Verdict:
    try:
        return check.judge(history)
    except Exception as err:  # noqa: BLE001 - whatever a check trips over, the answer is "unknown", with the trip named
        return unknown(f"the check itself failed: {type(err).__name__}: {err}")
