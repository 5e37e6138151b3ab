"""The judges of whole tables, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NODES, Made, Row
from conformance.selftest.made_bgp import Talk, plain, update
from conformance.suite.bgp_stream import Kind
from conformance.suite.checks import bgp_table
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIPS = ("10.100.0.1", "10.100.0.2")
PREFIXES = tuple(f"{address}/32" for address in VIPS)
SESSIONS = [(node, router) for node in NODES for router in ("tor1", "tor2")]


def told(*prefixes: str, last_s: float = 3, sessions: int = 6, end_s: float = 40, given: int = 2) -> Talk:
    """Sessions come up at two seconds; the first prefix is told at once, those given at a later moment."""
    made = Made().bgp().opened()
    for number in range(given):
        made.created(f"web-{number}").shows(f"web-{number}", VIPS[number])
    talk = Talk(made).at(2)
    for node, router in SESSIONS[:sessions]:
        talk.says(node, router, Kind.OPEN, bytes(10)).update(node, router, plain(node, router, PREFIXES[0]))
    talk.at(last_s)
    for node, router in SESSIONS[:sessions]:
        if prefixes:
            talk.update(node, router, plain(node, router, *prefixes))
    return talk.at(end_s)


def gone(*, at_s: float = 51, sessions: int = 6, end_s: float = 70) -> Talk:
    """Both Services are deleted at fifty seconds, and withdrawn later by some sessions."""
    talk = told(PREFIXES[1])
    for number in range(2):
        talk.at(50).made.wrote("delete", "Service", f"web-{number}")
    talk.at(at_s)
    for node, router in SESSIONS[:sessions]:
        talk.update(node, router, update(withdrawn=PREFIXES))
    return talk.at(end_s)


def reset() -> Talk:
    """One session begins anew while the Services go, and is told of what is left."""
    talk = gone().at(71).says("k1", "tor1", Kind.OPEN, bytes(10))
    return talk.update("k1", "tor1", plain("k1", "tor1", PREFIXES[0])).at(72)


WHOLE = bgp_table.whole_table(2, within_s=30)
TOLD = bgp_table.told_in_time(2, within_s=5)
WITHDRAWN = bgp_table.all_withdrawn(2, within_s=10)

ROWS = (
    Row("whole", WHOLE, told(PREFIXES[1]).made.closed().end(), PASS, "2 prefixes in 6 sessions, the last 1.00 s"),
    Row(
        "told again while they go",
        WHOLE,
        reset().made.closed().end(),
        PASS,
        "2 prefixes in 6 sessions, the last 1.00 s",
    ),
    Row("one never", WHOLE, told().made.closed().end(), FAIL, "k1 told tor1 1 of 2"),
    Row("late", WHOLE, told(PREFIXES[1], last_s=33).made.closed().end(), FAIL, "2 of 2 in 31.0 s"),
    Row("not yet", WHOLE, told(end_s=5).made.closed().end(), UNKNOWN, "1 prefixes are not told yet"),
    Row("one session less", WHOLE, told(PREFIXES[1], sessions=5).made.closed().end(), UNKNOWN, "k3 to tor2"),
    Row("few addresses", WHOLE, told(given=1).made.closed().end(), UNKNOWN, "1 addresses"),
    Row("capture lost", WHOLE, told(PREFIXES[1]).made.closed(dropped=1).end(), UNKNOWN, "lost 1"),
    Row("told", TOLD, told(PREFIXES[1]).made.closed().end(), PASS, "2 prefixes in 6 sessions"),
    Row("one never told", TOLD, told().made.closed().end(), FAIL, "k1 has told tor1 1 of 2"),
    Row("told late", TOLD, told(PREFIXES[1], last_s=33).made.closed().end(), FAIL, "s after the last address"),
    Row("not told yet", TOLD, told(end_s=4).made.closed().end(), UNKNOWN, "1 of 2"),
    Row("one session is told less", TOLD, told(PREFIXES[1], sessions=5).made.closed().end(), FAIL, "k3 has told tor2"),
    Row("too few to tell", TOLD, told(given=1).made.closed().end(), UNKNOWN, "1 addresses"),
    Row("told, capture lost", TOLD, told(PREFIXES[1]).made.closed(dropped=1).end(), UNKNOWN, "lost 1"),
    Row("withdrawn", WITHDRAWN, gone().made.closed().end(), PASS, "1.00 s after"),
    Row("withdrawn late", WITHDRAWN, gone(at_s=62).made.closed().end(), FAIL, "12.00 s after"),
    Row("one keeps", WITHDRAWN, gone(sessions=5).made.closed().end(), FAIL, "k3 has not withdrawn 2"),
    Row("one keeps yet", WITHDRAWN, gone(sessions=5, end_s=55).made.closed().end(), UNKNOWN, "1 sessions"),
    Row("nothing deleted", WITHDRAWN, told(PREFIXES[1]).made.closed().end(), UNKNOWN, "0 Services"),
    Row("withdrawn, capture lost", WITHDRAWN, gone().made.closed(dropped=1).end(), UNKNOWN, "lost 1"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_bgp_table_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
