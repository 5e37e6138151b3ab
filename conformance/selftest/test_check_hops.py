"""The judges of next hops that come and go, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NODES, Made, Row
from conformance.suite.checks import hops
from conformance.suite.checks.hops import COUNTED, JOINING, LEAVING
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP = "10.100.0.1"
TORS = ("tor1", "tor2")
TWO = ("k1", "k2")
Fates = dict[str, tuple[int, int]]
"""{node: (flows, of which broken)}"""


def looked(made: Made, at_s: float, nodes: tuple[str, ...]) -> Made:
    """Both routers' kernels have these next hops."""
    made = made.at(at_s)
    for router in TORS:
        made = made.fib(router, VIP, nodes)
    return made


def by_spine(made: Made, tors: tuple[str, ...]) -> Made:
    """The spine's kernel has these next hops."""
    hops = [{"gateway": f"10.9.{tor[-1]}.1", "weight": 1, "flags": []} for tor in tors]
    return made.add("router", "fib", router="spine", asked_ns=0, raw=[{"dst": VIP, "nexthops": hops}])


def begun() -> Made:
    """An address, pods on all nodes."""
    return Made().bgp().pool("10.100.0.0/24").pods(*NODES).at(1).shows("web", VIP)


def counted(*steps: tuple[float, str, tuple[str, ...]]) -> History:
    """Marks and looks in order: (seconds, number wanted or "" for no mark, next hops)."""
    made = begun()
    for at_s, wanted, nodes in steps:
        made = made.at(at_s)
        if wanted:
            made = made.mark(f"{COUNTED}{wanted}")
        made = looked(made, at_s + 0.01, nodes)
    return made.end()


def flowing(made: Made, fates: Fates, at_s: float, *, is_later: bool) -> Made:
    """One request of each flow of run 0; of the broken ones, later, a failure."""
    flow = 0
    for node, (count, broken) in fates.items():
        for number in range(count):
            error = "ConnectionResetError" if is_later and number < broken else ""
            made = made.at(at_s).answer(0, flow, 20000 + flow, int(is_later), node, error=error)
            flow += 1
    return made


def left(
    fates: Fates,
    *,
    gone_s: float = 0.5,
    until_s: float = 9.0,
    back_s: float | None = None,
    never: bool = False,
    then: tuple[str, ...] = TORS,
    fault_s: float | None = None,
) -> History:
    """Node k3 leaves at three seconds; its flows and the others' are asked for before that and two seconds later."""
    made = begun().at(1.5).add("tcp", "plan", run=0)
    made = by_spine(flowing(looked(made, 2, NODES), fates, 2.5, is_later=False), TORS).at(3).mark(f"{LEAVING}k3")
    if fault_s is not None:
        made = made.at(3 + fault_s).fault("node-silent", node="k3")
    made = looked(by_spine(looked(made, 3.1, NODES), then), 3 + gone_s, NODES if never else TWO)
    made = flowing(made, fates, 5.5, is_later=True)
    if back_s is not None:
        made = looked(made, back_s, NODES)
    return looked(made, until_s, NODES if never or back_s is not None else TWO).end()


def joined(fates: Fates, new: dict[str, int], *, comes: bool = True, then: tuple[str, ...] = TORS) -> History:
    """Node k3 comes at three seconds; what becomes of established flows, and who gets new ones.

    Args:
        fates: of established flows.
        new: flows by node.
        comes: the routers have it as next hop.
        then: the spine's ways from then on; both, in any order, before.
    """
    made = begun().at(1.5).add("tcp", "plan", run=0)
    made = by_spine(flowing(looked(made, 2, TWO), fates, 2.5, is_later=False), TORS[::-1])
    made = by_spine(looked(made.at(3).mark(f"{JOINING}k3"), 4, NODES if comes else TWO), then)
    made = flowing(made, fates, 5.5, is_later=True)
    return made.at(20).flows(1, first_port=40000, **new).end()


FOLLOW, OUT = hops.hops_follow(5, changes=2), hops.out_of_fib(1)
STAY, JOIN = hops.survivors_stay(0.3, flows=20), hops.joins_gently(20)
FEW: Fates = {"k1": (20, 4), "k2": (20, 6), "k3": (20, 20)}
MANY: Fates = {"k1": (20, 10), "k2": (20, 6), "k3": (20, 20)}
WHOLE: Fates = {"k1": (20, 0), "k2": (20, 0)}
EVEN, STARVED = {"k1": 210, "k2": 200, "k3": 190}, {"k1": 300, "k2": 280, "k3": 20}
ROWS = (
    Row("in time", FOLLOW, counted((2, "3", NODES), (8, "2", NODES), (10, "", TWO), (14, "", TWO)), PASS, "2.01 s"),
    Row("late", FOLLOW, counted((2, "3", NODES), (8, "2", NODES), (14, "", TWO)), FAIL, "6.01 s"),
    Row("never", FOLLOW, counted((2, "3", NODES), (8, "2", NODES), (14, "", NODES)), FAIL, "3 next hops"),
    Row("not watched", FOLLOW, counted((2, "3", NODES), (8, "2", NODES), (10, "", NODES)), UNKNOWN),
    Row("one change", FOLLOW, counted((2, "3", NODES)), UNKNOWN),
    Row("gone", OUT, left(FEW), PASS, "0.50 s"),
    Row("gone late", OUT, left(FEW, gone_s=2.0), FAIL, "2.00 s"),
    Row("soon after the fault", OUT, left(FEW, gone_s=1.1, fault_s=0.2), PASS, "0.90 s"),
    Row("late after the fault", OUT, left(FEW, gone_s=1.3, fault_s=0.2), FAIL, "1.10 s"),
    Row("never gone", OUT, left(FEW, never=True), FAIL, "still has k3"),
    Row("not watched", OUT, left(FEW, never=True, gone_s=0.2, until_s=3.5), UNKNOWN),
    Row("nobody left", OUT, begun().end(), UNKNOWN),
    Row("few moved", STAY, left(FEW), PASS, "10 of 40 flows"),
    Row("many moved", STAY, left(MANY), FAIL, "40.0%"),
    Row("no way there", STAY, left(MANY, then=("tor1",)), UNKNOWN, "spine sent"),
    Row("moved when it was back", STAY, left(MANY, back_s=5.2), UNKNOWN, "0 flows"),
    Row("back at once", STAY, left(MANY, back_s=3.9), UNKNOWN),
    Row("never gone", STAY, left(FEW, never=True), UNKNOWN, "did not leave"),
    Row("few flows", STAY, left({"k1": (3, 0), "k3": (3, 3)}), UNKNOWN, "3 flows"),
    Row("gently", JOIN, joined(WHOLE, EVEN), PASS, "none broke"),
    Row("breaks flows", JOIN, joined({"k1": (20, 1), "k2": (20, 0)}, EVEN), FAIL, "1 of 40"),
    Row("no way there", JOIN, joined({"k1": (20, 9), "k2": (20, 9)}, EVEN, then=("tor2",)), UNKNOWN, "spine sent"),
    Row("none broke though", JOIN, joined(WHOLE, EVEN, then=("tor2",)), PASS),
    Row("gets nothing", JOIN, joined(WHOLE, STARVED), FAIL, "k3"),
    Row("did not come", JOIN, joined(WHOLE, EVEN, comes=False), UNKNOWN),
    Row("few new flows", JOIN, joined(WHOLE, {"k1": 5, "k2": 5, "k3": 5}), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_hops_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
