"""The judge of forged RSTs, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NODES, PEERING, Made, Row
from conformance.selftest.made_bgp import Talk, message
from conformance.suite.bgp_stream import Kind
from conformance.suite.checks import resets
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
TORS = ("tor1", "tor2")
CHECK = resets.withstands(2)
ALL = frozenset((router, node) for router in TORS for node in NODES)


def seen_at(made: Made, at_s: float, down: frozenset[tuple[str, str]] = frozenset()) -> Made:
    """Both routers show their sessions."""
    for router in TORS:
        states = {node: "Active" if (router, node) in down else "Established" for node in NODES}
        made = made.at(at_s).peers_seen(router, **states)
    return made


def stage(
    made: Made, mark: str, *, times: int, nodes: tuple[str, ...], down: frozenset[tuple[str, str]], opened: str = ""
) -> Made:
    """Every node is sent RSTs in each router's name; some sessions go down, and one may have to be opened again."""
    begin_s = made.now_s
    made = seen_at(made.mark(mark), begin_s + 0.5)
    for turn in range(times):
        for router in TORS:
            for node in nodes:
                peer = PEERING[router, node]
                made = made.at(begin_s + 1 + turn / 10).add("forge", "reset", router=router, peer=peer, number=7)
    made = seen_at(made, begin_s + 2, down)
    if opened:
        Talk(made).at(begin_s + 3).says(opened, "tor2", Kind.OPEN, bytes(10))
    return seen_at(made, begin_s + 4).at(begin_s + 5).mark(f"{mark}-over")


def forged(
    *,
    control: frozenset[tuple[str, str]] = ALL,
    times: int = 2,
    nodes: tuple[str, ...] = NODES,
    down: frozenset[tuple[str, str]] = frozenset(),
    opened: str = "",
    dropped: int = 0,
    eligible: tuple[str, ...] = NODES,
    beats: bool = False,
    marks: tuple[str, str] = (resets.PLAIN, resets.SIGNED),
) -> History:
    """RSTs end sessions without a password, and then some of those with one."""
    made = stage(Made().bgp(*eligible).opened().at(1), marks[0], times=1, nodes=NODES, down=control).at(10)
    made = seen_at(made, 11, ALL).at(20)
    if beats:
        Talk(made).at(23).says("k1", "tor1", Kind.KEEPALIVE).bytes("10.9.1.0", "10.9.1.1", "tor1", message(Kind.OPEN))
    made = stage(made.at(20), marks[1], times=times, nodes=nodes, down=down, opened=opened)
    return seen_at(made, 30, ALL).closed(dropped).end()


ROWS = (
    Row("no notice", CHECK, forged(), PASS, "12 RSTs"),
    Row("one control is enough", CHECK, forged(control=frozenset({("tor2", "k3")})), PASS),
    Row("one goes down", CHECK, forged(down=frozenset({("tor2", "k3")})), FAIL, "tor2 and k3"),
    Row("all go down", CHECK, forged(down=ALL), FAIL, "6 sessions"),
    Row("opened again", CHECK, forged(opened="k2"), FAIL, "1 sessions with a password were ended: tor2 and k2"),
    Row("the control stays", CHECK, forged(control=frozenset()), UNKNOWN, "the control"),
    Row("few", CHECK, forged(times=1), UNKNOWN, "1 RSTs for tor1 and k1, wanted 2"),
    Row("not to all", CHECK, forged(nodes=("k1", "k3")), UNKNOWN, "0 RSTs for tor1 and k2"),
    Row("one that takes no part", CHECK, forged(nodes=("k1", "k2"), eligible=("k1", "k2")), PASS, "8 RSTs"),
    Row("others talk", CHECK, forged(beats=True), PASS),
    Row("no control", CHECK, forged(marks=("x", resets.SIGNED)), UNKNOWN, "a mark"),
    Row("nothing signed", CHECK, forged(marks=(resets.PLAIN, "x")), UNKNOWN, "a mark"),
    Row("frames lost", CHECK, forged(dropped=1), UNKNOWN, "lost 1"),
    Row("no marks", CHECK, Made().bgp().opened().closed().end(), UNKNOWN, "a mark"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_resets_check_judges(row: Row) -> None:
    """The check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
