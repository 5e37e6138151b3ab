"""Which cases run, and what the others are called instead: decided before the run, never by it.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from conformance.suite.case import Case
from conformance.suite.facts import LabFacts
from conformance.suite.features import Tier
from conformance.suite.report import Result, Word

_IPV6: Final = frozenset({"ipv6", "dual"})


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user asked for.

    Args:
        labs: names of labs.
        profiles: names of profiles.
        features: extended features that are claimed.
        seed: of everything random in a case; None for a new one each time.
        is_slow: what takes minutes is driven at its full length.
        is_provisional: provisional cases run too.
        is_gating: what is measured can fail the run, and is not only reported.
        is_core: what every load balancer is to do, and nothing else.
    """

    labs: frozenset[str]
    profiles: frozenset[str]
    features: frozenset[str]
    seed: int | None = None
    is_slow: bool = False
    is_provisional: bool = False
    is_gating: bool = False
    is_core: bool = False


def disposition(case: Case, asked: Selection) -> Result | None:
    """Say what becomes of a case that will not run.

    Args:
        case: which case.
        asked: by the user.

    Returns:
        None for a case that runs; else skipped (not asked for) or unsupported (not claimed).
    """
    if case.lab not in asked.labs:
        return Result(case.id, Word.SKIPPED, f"lab {case.lab} was not asked for")
    if case.profile not in asked.profiles:
        return Result(case.id, Word.SKIPPED, f"profile {case.profile} was not asked for")
    if asked.is_core and case.tier not in {Tier.CORE, Tier.LAB}:
        return Result(case.id, Word.SKIPPED, "--core was asked for, and it is none of the core")
    if case.provisional and not asked.is_provisional:
        return Result(case.id, Word.SKIPPED, "provisional, and --provisional was not asked for")
    missing = sorted(case.extended - asked.features)
    if case.tier is Tier.EXTENDED and missing:
        return Result(case.id, Word.UNSUPPORTED, f"feature {', '.join(missing)} is not claimed")
    return None


def shared_out(cases: Mapping[str, Case], asked: Selection) -> dict[str, Case]:
    """Say where each case runs when all labs that were asked for are driven side by side.

    What only one lab can show stays in it; the rest is shared out, so that each lab has about as many cases.

    Args:
        cases: {id: case}.
        asked: by the user.

    Returns:
        The same cases, in the order they run in; only `lab` may be another.
    """
    found, loose = dict(cases), list[Case]()
    busy = dict.fromkeys(sorted(asked.labs), 0)
    for case in cases.values():
        if disposition(case, asked) is not None:
            continue
        if asked.labs.isdisjoint(case.elsewhere):
            busy[case.lab] += 1
        else:
            loose.append(case)
    for case in loose:
        lab = min((case.lab, *(lab for lab in case.elsewhere if lab in busy)), key=busy.__getitem__)
        busy[lab] += 1
        found[case.id] = replace(case, lab=lab)
    return {case.id: case for case in sorted(found.values(), key=lambda case: case.order)}


def blocked(case: Case, done: Mapping[str, Word], broken_labs: Mapping[str, str]) -> Result | None:
    """Say whether a case cannot run now.

    Args:
        case: which case.
        done: {id: word} of the cases so far.
        broken_labs: {lab: why it cannot be used}.

    Returns:
        None for a case that can run; else blocked. A required case that was not run blocks nothing.
    """
    if case.lab in broken_labs:
        return Result(case.id, Word.BLOCKED, f"lab {case.lab} cannot be used: {broken_labs[case.lab]}")
    for needed in case.requires:
        if done.get(needed, Word.PASSED) is not Word.PASSED:
            return Result(case.id, Word.BLOCKED, f"{needed} says the lab cannot show this ({done[needed].value})")
    return None


def lacking(case: Case, lab: LabFacts) -> Result | None:
    """Say whether the lab has no addresses of a family that a case is about.

    Args:
        case: which case.
        lab: it would run in.

    Returns:
        None for a case that can run; else blocked.
    """
    if case.extended & _IPV6 and 6 not in lab.versions:
        return Result(case.id, Word.BLOCKED, f"lab {lab.name} has no IPv6 addresses for tests")
    return None
