"""The result of a run as Markdown and as comma-separated samples.

Pure.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from conformance.chaos.layer2.losses import OUTAGE_S, Measured
from conformance.suite.case import Check
from conformance.suite.deeds import DEEDS
from conformance.suite.spread import spread
from conformance.suite.verdict import Outcome
from conformance.suite.waits import DUAL_S

_HEAD: Final = "| what befell the owner | rounds | outage, s: half / worst | requests lost | silence, s: worst "
_MORE: Final = "| two answered, ms: worst | passed |"


def render(runs: Mapping[str, Sequence[Measured]], title: str, checks: Sequence[Check]) -> str:
    """Write the report.

    Args:
        runs: {target: its rounds, those of a deed after one another}.
        title: of the report, without markup.
        checks: all that judged.

    Returns:
        Markdown, ending with a newline.
    """
    lines = [f"# {title}", ""]
    lines += [
        "Clients behind the gateway open a connection every 20 ms, and a host on the segment asks who has the",
        "addresses as often, IPv4 and IPv6; the segment is captured. Outage: from the first request that fails to the",
        "next one that is answered. Silence: the same of questions. Two answered: two nodes' answers for one address",
        f"that overlap. Wanted are {OUTAGE_S:g} s of outage and silence at most, no request lost to what was planned,",
        f"and two answers never, or for {DUAL_S * 1000:.0f} ms at most while a split segment heals.",
    ]
    for target, rounds in runs.items():
        good = sum(one.outcome is Outcome.PASS for one in rounds)
        lines += ["", f"## {target}: {good} of {len(rounds)} rounds passed", "", _HEAD + _MORE, "| --- " * 7 + "|"]
        lines += [_row(deed, list(group)) for deed, group in groupby(rounds, key=lambda one: one.deed)]
    lines += ["", "| check | rule |", "| --- | --- |", *(f"| {check.name} | {check.rule} |" for check in checks)]
    for target, rounds in runs.items():
        failed = [(one, f) for one in rounds for f in one.findings if f.verdict.outcome is not Outcome.PASS]
        lines += ["", f"### Not passed by {target}", ""] if failed else []
        lines += [f"- {one.deed} {one.number}, {f.check}: {f.verdict.reason}" for one, f in failed]
    return "\n".join(lines) + "\n"


def _row(deed: str, rounds: Sequence[Measured]) -> str:
    outage = spread(one.outage_s for one in rounds)
    good = sum(one.outcome is Outcome.PASS for one in rounds)
    lost = f"{sum(one.failed for one in rounds)} of {sum(one.requests for one in rounds)}"
    silence_s = max(one.silence_s for one in rounds)
    together_ms, strays = 1000 * max(one.together_s for one in rounds), sum(one.strays for one in rounds)
    both = f"{together_ms:.0f}" + (f", and {strays} strays" if strays else "")
    title = DEEDS[deed].title if deed in DEEDS else deed
    cells = [title, str(len(rounds)), f"{outage.at(50):.2f} / {outage.at(100):.2f}", lost, f"{silence_s:.2f}", both]
    return f"| {' | '.join([*cells, f'{good} of {len(rounds)}'])} |"


def samples(rounds: Sequence[Measured]) -> str:
    """Write every round's figures as CSV with a head."""
    head = "deed,round,outage_s,requests,failed,silence_s,together_s,strays,seconds,outcome"
    rows = [
        f"{one.deed},{one.number},{one.outage_s:.3f},{one.requests},{one.failed},{one.silence_s:.3f},"
        f"{one.together_s:.3f},{one.strays},{one.seconds:.1f},{one.outcome.name}"
        for one in rounds
    ]
    return "\n".join([head, *rows]) + "\n"
