"""The judge of a spread by its kinds, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks.kinds import each_kind_spread
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
CHECK = each_kind_spread(2)
EVEN, SKEWED, STARVED = {"k1": 210, "k2": 190}, {"k1": 260, "k2": 140}, {"k1": 310, "k2": 90}
Kind = tuple[str, str, dict[str, int]]
TCP: Kind = ("tcp", "10.100.0.1", EVEN)
UDP: Kind = ("udp", "fd00:100::1", EVEN)


def sent(*runs: Kind, pods: tuple[str, ...] = ("k1", "k2")) -> Made:
    """Two of three nodes have a pod, and runs of flows are made: (protocol, target, {node: flows})."""
    made = Made().bgp().pods(*pods)
    for number, (protocol, target, counts) in enumerate(runs):
        made = made.add("tcp", "plan", run=number, target=target, protocol=protocol)
        flows = [node for node, count in counts.items() for _ in range(count)]
        for flow, node in enumerate(flows):
            made = made.answer(number, flow, 20000 + flow, 0, node)
    return made


def skewed(times: int, counts: dict[str, int] = SKEWED) -> Made:
    """Of the two runs of UDP so many are spread like this."""
    return sent(TCP, TCP, *[("udp", "fd00:100::1", counts)] * times, *[UDP] * (2 - times))


ROWS = (
    Row("even", CHECK, sent(TCP, TCP, UDP, UDP).end(), PASS, "tcp over IPv4: 1.00, udp over IPv6: 1.00"),
    Row("one run off", CHECK, skewed(1).end(), PASS),
    Row("both runs off", CHECK, skewed(2).end(), FAIL, "udp over IPv6: chi-square 36.00"),
    Row("starved once", CHECK, skewed(1, STARVED).end(), FAIL, "less than half"),
    Row("a node without a pod", CHECK, skewed(1, {"k1": 200, "k3": 200}).end(), FAIL, "without a pod"),
    Row("few answered", CHECK, skewed(1, {"k1": 180, "k2": 170}).end(), UNKNOWN, "350 flows"),
    Row("one run", CHECK, sent(TCP, TCP, UDP).end(), UNKNOWN),
    Row("one kind", CHECK, sent(TCP, TCP).end(), UNKNOWN),
    Row("one node", CHECK, sent(TCP, TCP, UDP, UDP, pods=("k1",)).end(), UNKNOWN),
    Row("nothing", CHECK, Made().bgp().end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_kinds_check_judges(row: Row) -> None:
    """It passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
