"""The judge of what travels beyond the nodes' routers, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import PEERING, Made, Row
from conformance.suite.checks import add_path
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, PREFIX = "10.100.0.1", "10.100.0.1/32"
ALL = tuple(PEERING.values())
CHECK = add_path.all_paths("collector", "cut")


def collected(made: Made, at_s: float, *hops: str) -> Made:
    """The collector shows the prefix by these next hops, beside a link of a node."""
    paths = [
        {
            "best": not number,
            "attrs": [
                {"type": 1, "value": 0},
                {"type": 2, "as_paths": [{"segment_type": 2, "num": 3, "asns": [65000, 65101, 65200]}]},
                {"type": 3, "nexthop": hop},
            ],
            "peer-address": "10.9.3.0",
        }
        for number, hop in enumerate(hops)
    ]
    link = [{"best": True, "attrs": [{"type": 3, "nexthop": "10.9.1.1"}], "peer-address": "10.9.3.0"}]
    raw = {PREFIX: paths, "10.1.1.0/31": link}
    return made.at(at_s).add("router", "gobgp_rib", router="collector", asked_ns=0, raw=raw)


def watched(before: tuple[str, ...], after: tuple[str, ...]) -> Made:
    """The collector is looked at before and after ADD-PATH is taken away."""
    made = collected(Made().bgp().at(1).shows("web", VIP), 3, *before)
    return collected(made.at(4).mark("cut"), 9, *after)


ROWS = (
    Row("all, then one", CHECK, watched(ALL, ALL[:1]).end(), PASS, "6 paths"),
    Row("one link missing", CHECK, watched(ALL[1:], ALL[1:2]).end(), FAIL, "wanted 10.1.1.1"),
    Row("one link twice", CHECK, watched((*ALL, ALL[0]), ALL[:1]).end(), FAIL),
    Row("none", CHECK, watched((), ALL[:1]).end(), FAIL, "nobody"),
    Row("still all", CHECK, watched(ALL, ALL).end(), FAIL, "6 paths"),
    Row("then none", CHECK, watched(ALL, ()).end(), FAIL, "0 paths"),
    Row("not looked at after", CHECK, collected(Made().bgp().shows("web", VIP), 3, *ALL).mark("cut").end(), UNKNOWN),
    Row("never cut", CHECK, collected(Made().bgp().shows("web", VIP), 3, *ALL).end(), UNKNOWN),
    Row("no address", CHECK, collected(collected(Made().bgp(), 3, *ALL).at(4).mark("cut"), 9, ALL[0]).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_add_path_check_judges(row: Row) -> None:
    """The check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
