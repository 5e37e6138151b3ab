"""The result of a run as Markdown: the goals with their verdicts, and a table of what was measured, stage by stage.

Pure.
"""

import math
from collections.abc import Iterable
from typing import Final

from conformance.bench.goals import FRESH, GOALS, LARGE, MB, SMALL, Figures, Measured
from conformance.suite.spread import Spread
from conformance.suite.verdict import Outcome

_WORDS: Final = {Outcome.PASS: "met", Outcome.FAIL: "missed", Outcome.UNKNOWN: "unknown"}
_NOTHING: Final = "-"


def outcome(run: Measured) -> Outcome:
    """Return the worst outcome over all goals."""
    return max(goal.judge(run).outcome for goal in GOALS)


def render(run: Measured, title: str) -> str:
    """Write the report.

    Args:
        run: what was measured.
        title: of the report, without markup.

    Returns:
        Markdown, ending with a newline.
    """
    goals = [(goal.name, goal.limit, goal.judge(run)) for goal in GOALS]
    verdicts = [[name, limit, _WORDS[verdict.outcome], verdict.reason] for name, limit, verdict in goals]
    stages = sorted((*run.subject, *run.baseline), key=lambda one: one.name)
    lines = [f"# {title}", "", *_table(["goal", "limit", "", "measured"], verdicts), ""]
    if stages:
        columns = [[label, *(cell(one) for one in stages)] for label, cell in _ROWS]
        lines += [*_table(["", *(one.name for one in stages)], columns), ""]
    return "\n".join(lines)


def _table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows)]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _seconds(found: Spread | None) -> str:
    if found is None or not found.samples:
        return _NOTHING
    return " / ".join(_number(at) for at in (found.at(50), found.at(95), found.at(99), found.at(100)))


def _number(value: float) -> str:
    if math.isinf(value):
        return "never"
    return _NOTHING if math.isnan(value) else f"{value:.3f}"


def _came(found: Spread | None) -> str:
    return _NOTHING if found is None else f"{found.came} of {len(found.samples)}"


def _memory(one: Figures, when: str) -> str:
    found = one.usage.get(when)
    return " + ".join(f"{usage.rss_bytes / MB:.1f}" for usage in found) if found else _NOTHING


def _processor(one: Figures) -> str:
    before, after = one.usage.get(FRESH, ()), one.usage.get(SMALL, ())
    if not before or not after:
        return _NOTHING
    return f"{sum(u.cpu_s for u in after) - sum(u.cpu_s for u in before):.2f}"


def _idle(one: Figures) -> str:
    if one.idle_writes is None:
        return _NOTHING
    return f"{sum(one.idle_writes.values())} in {one.idle_s / 60:.1f} min"


def _changes(one: Figures) -> str:
    fewest, most = one.changes_per_service
    return f"{most}" if fewest == most else f"{fewest} to {most}"


def _restarts(one: Figures) -> str:
    return ", ".join(f"{max(found.ready_s):.2f}" for found in one.restarts if found.ready_s) or _NOTHING


def _restart_writes(one: Figures) -> str:
    return f"{sum(max(found.writes, found.changes) for found in one.restarts)}" if one.restarts else _NOTHING


_ROWS: Final = (
    ("target", lambda one: f"{one.target} ({one.version})"),
    ("Services", lambda one: f"{one.services}, then {one.many}" if one.many else f"{one.services}"),
    ("got an address", lambda one: _came(one.assigning)),
    ("assignment, s: p50 / p95 / p99 / most", lambda one: _seconds(one.assigning)),
    ("first create to last address, s", lambda one: _number(one.took_s)),
    ("the API's answers to the creates, s: same", lambda one: _seconds(one.creating)),
    ("changes of a Service in the watch", _changes),
    ("writes to Services, each", lambda one: f"{one.writes_per_service:.3f}"),
    ("Events, each", lambda one: f"{one.events_per_service:.3f}"),
    ("processor time for these Services, s", _processor),
    ("writes when idle", _idle),
    ("memory fresh, MB, by process", lambda one: _memory(one, FRESH)),
    ("memory with these Services, MB", lambda one: _memory(one, SMALL)),
    ("growing: got an address", lambda one: _came(one.growing)),
    ("growing: assignment, s: same", lambda one: _seconds(one.growing)),
    ("memory when grown, MB", lambda one: _memory(one, LARGE)),
    ("restart when grown: ready after, s", _restarts),
    ("restart when grown: writes to Services", _restart_writes),
    ("deletion until gone, s: same", lambda one: _seconds(one.deleting)),
    ("host busy before, % of its cores", lambda one: f"{one.host.get('busy_percent_before', math.nan):.0f}"),
)
"""Label and cell of each row of the table."""
