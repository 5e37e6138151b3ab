"""The result of a run as Markdown and as comma-separated samples.

Pure.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

from conformance.chaos.bgp.losses import Measured
from conformance.suite.case import Check
from conformance.suite.spread import spread
from conformance.suite.verdict import Outcome

_HEAD = "| what befell the node | rounds | next hop gone, s: half / worst | requests fail for, s: half / worst "
_MORE = "| requests lost | passed |"


def render(
    runs: Mapping[str, Sequence[Measured]], title: str, titles: Mapping[str, str], checks: Mapping[str, Sequence[Check]]
) -> str:
    """Write the report.

    Args:
        runs: {target: its rounds, those of a deed after one another}.
        title: of the report, without markup.
        titles: {deed: in a sentence}.
        checks: {deed: what judged it}.

    Returns:
        Markdown, ending with a newline.
    """
    lines = [f"# {title}", ""]
    lines += [
        "A client behind the routers opens a connection every 20 ms to a Service of externalTrafficPolicy Local with a",
        "pod on each node; the routers' kernels are asked for their next hops. Next hop gone: from the fault until no",
        "router has the node. Requests fail for: from the fault to the beginning of the last request that failed.",
    ]
    for target, rounds in runs.items():
        good = sum(one.outcome is Outcome.PASS for one in rounds)
        lines += ["", f"## {target}: {good} of {len(rounds)} rounds passed", "", _HEAD + _MORE, "| --- " * 6 + "|"]
        lines += [_row(titles[deed], list(group)) for deed, group in groupby(rounds, key=lambda one: one.deed)]
    lines += ["", "| what befell the node | what must hold |", "| --- | --- |"]
    lines += [f"| {titles[deed]} | {'; '.join(check.rule for check in found)} |" for deed, found in checks.items()]
    for target, rounds in runs.items():
        failed = [(one, f) for one in rounds for f in one.findings if f.verdict.outcome is not Outcome.PASS]
        lines += ["", f"### Not passed by {target}", ""] if failed else []
        lines += [f"- {one.deed} {one.number}, {f.check}: {f.verdict.reason}" for one, f in failed]
    return "\n".join(lines) + "\n"


def _row(title: str, rounds: Sequence[Measured]) -> str:
    outage = spread(one.outage_s for one in rounds)
    known = [one.gone_s for one in rounds if one.gone_s is not None]
    gone = spread(known)
    good = sum(one.outcome is Outcome.PASS for one in rounds)
    cells = [
        title,
        str(len(rounds)),
        f"{gone.at(50):.2f} / {gone.at(100):.2f}" if known else "not asked",
        f"{outage.at(50):.2f} / {outage.at(100):.2f}",
        f"{sum(one.failed for one in rounds)} of {sum(one.requests for one in rounds)}",
        f"{good} of {len(rounds)}",
    ]
    return f"| {' | '.join(cells)} |"


def samples(rounds: Sequence[Measured]) -> str:
    """Write every round's figures as CSV with a head."""
    rows = [
        f"{one.deed},{one.number},{'' if one.gone_s is None else f'{one.gone_s:.3f}'},{one.outage_s:.3f},"
        f"{one.requests},{one.failed},{one.seconds:.1f},{one.outcome.name}"
        for one in rounds
    ]
    return "\n".join(["deed,round,gone_s,outage_s,requests,failed,seconds,outcome", *rows]) + "\n"
