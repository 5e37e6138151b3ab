"""The judge of routers in two stages, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NODES, Made, Row
from conformance.selftest.made_bgp import segment
from conformance.suite.checks import two_tier
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, CLIENT = "10.100.0.1", "192.0.2.100"
SYN = 0x02
TORS = ("tor1", "tor2")
CHECK = two_tier.every_way_used(60)
EVEN = {(router, node): 10 for router in TORS for node in NODES}


def mac(router: str, node: str) -> bytes:
    """Where a ToR sends what is for a node."""
    return bytes([2, 0, 0, 0, int(router[-1]), int(node[-1])])


def sent(
    ways: dict[tuple[str, str], int], *, again: int = 1, target: str = VIP, flags: int = SYN, dropped: int = 0
) -> History:
    """Flows take these ways, each seen as it comes from the spine and as it goes on to a node."""
    made = Made().bgp().opened().shows("web", VIP).add("wire", "frame", observer="tor1", hex="00" * 60)
    port = 20000
    for (router, node), count in ways.items():
        for _ in range(count):
            port += 1
            frame = segment(CLIENT, target, 1, b"", flags=flags, port=port)
            for to in (bytes(6), *[mac(router, node)] * again):
                made = made.add("wire", "frame", observer=router, hex=(to + frame[6:]).hex())
    return made.closed(dropped).end()


ROWS = (
    Row("even", CHECK, sent(EVEN), PASS, "tor1 to k1 10, tor1 to k2 10"),
    Row("half a share", CHECK, sent(EVEN | {("tor2", "k3"): 5, ("tor1", "k1"): 15}), PASS),
    Row("less than half", CHECK, sent(EVEN | {("tor2", "k3"): 4, ("tor1", "k1"): 16}), FAIL, "tor2 to k3: less"),
    Row(
        "polarised",
        CHECK,
        sent({("tor1", "k1"): 30, ("tor2", "k2"): 15, ("tor2", "k3"): 15}),
        FAIL,
        "tor1 to k2, tor1 to k3, tor2 to k1: less than half",
    ),
    Row("sent again", CHECK, sent(EVEN, again=3), PASS, "tor2 to k3 10"),
    Row("few", CHECK, sent(EVEN | {("tor2", "k3"): 9}), UNKNOWN, "59 flows"),
    Row("few, sent again", CHECK, sent(dict.fromkeys(EVEN, 9), again=2), UNKNOWN, "54 flows"),
    Row("to elsewhere", CHECK, sent(EVEN, target="10.100.0.2"), UNKNOWN, "0 flows"),
    Row("no beginnings", CHECK, sent(EVEN, flags=0x10), UNKNOWN, "0 flows"),
    Row("frames lost", CHECK, sent(EVEN, dropped=1), UNKNOWN, "lost 1"),
    Row("no address", CHECK, Made().bgp().opened().closed().end(), UNKNOWN, "no Service"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_two_tier_check_judges(row: Row) -> None:
    """The check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
