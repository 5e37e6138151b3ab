"""The judges of single fields of a BGPPeer, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NODES, PEERING, Made, Row
from conformance.selftest.made_bgp import segment
from conformance.suite.checks import peer_fields
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
TORS = ("tor1", "tor2")
GIVEN, TAKEN = peer_fields.router_id("given"), peer_fields.router_id("taken-back")
OWN = {node: f"172.18.0.{number}" for number, node in enumerate(NODES, 2)}
CHOSEN = {node: f"10.255.43.{number}" for number, node in enumerate(NODES, 1)}
QUICK, SLOW = peer_fields.called_every("quick", 2, 4), peer_fields.called_every("slow", 6, 1)
SYN, BEFORE, REFUSED = 0x02, 1.0, 0x14
REFUSAL = segment("10.1.1.0", "10.1.1.1", 0, b"", flags=REFUSED).hex()


def configured(made: Made, ids: dict[str, str]) -> Made:
    """Write two peers of each node, with identifiers or without."""
    for node in NODES:
        selectors = [{"matchLabels": {"kubernetes.io/hostname": node}}]
        more = {"routerID": ids[node]} if ids else {}
        for router in TORS:
            made = made.wrote("apply", "BGPPeer", f"{node}-{router}", nodeSelectors=selectors, **more)
    return made


def known(
    first: dict[str, str],
    then: dict[str, str] | None = None,
    *,
    routers: tuple[str, ...] = TORS,
    down: str = "",
    eligible: tuple[str, ...] = NODES,
    before: dict[str, str] = OWN,
) -> History:
    """Identifiers are configured, and taken back; the routers know nodes by these, and then by those."""
    made = configured(Made().bgp(*eligible), CHOSEN).at(BEFORE).mark("given-soon")
    made = made.neighbors("tor1", OWN).neighbors("tor2", OWN).at(1.5).mark("given")
    for router in routers:
        made = made.at(1.8).neighbors(router, before).at(2).neighbors(router, first, down=down)
    if then is not None:
        made = configured(made.at(3), {}).at(4).mark("taken-back")
        for router in routers:
            made = made.at(5).neighbors(router, then)
    return made.end()


def only(then: str) -> History:
    """One node alone is given an identifier, which is taken back."""
    selectors = [{"matchLabels": {"kubernetes.io/hostname": "k1"}}]
    made = Made().bgp("k1").wrote("apply", "BGPPeer", "p", nodeSelectors=selectors, routerID=CHOSEN["k1"])
    made = made.at(1).wrote("apply", "BGPPeer", "p", nodeSelectors=selectors).at(2).mark("taken-back").at(3)
    return made.neighbors("tor1", {"k1": then}).neighbors("tor2", {"k1": then}).end()


def uneven(*gaps_s: float, first: str = "", marks: tuple[str, str] = ("quick", "quick-over")) -> History:
    """Every node calls at these intervals; a frame that is no call may come first."""
    made = Made().bgp().opened().at(1).mark(marks[0])
    if first:
        made = made.at(1.1).add("wire", "frame", observer="tor1", hex=first)
    at_s = 1.5
    for number, gap_s in enumerate((0.0, *gaps_s)):
        at_s += gap_s
        for router in TORS:
            for node in NODES:
                ends = PEERING[router, node], PEERING[router, node][:-1] + "0"
                frame = segment(*ends, number, b"", flags=SYN, port=40000 + number).hex()
                made = made.at(at_s).add("wire", "frame", observer=router, hex=frame)
    return made.at(at_s + 1).mark(marks[1]).closed().end()


def calls(
    every_s: float,
    *,
    times: int = 7,
    nodes: tuple[str, ...] = NODES,
    again: bool = False,
    flags: int = SYN,
    dropped: int = 0,
    mark: str = "quick",
) -> History:
    """Nodes call both routers, and are refused; tor1 has calls from elsewhere, too."""
    made = Made().bgp().opened().at(1).mark(mark)
    for turn in range(times):
        for router in TORS:
            for node in nodes:
                ends = PEERING[router, node], PEERING[router, node][:-1] + "0"
                frame = segment(*ends, 1000 + turn, b"", flags=flags, port=40000 + turn).hex()
                made = made.at(1.5 + turn * every_s).add("wire", "frame", observer=router, hex=frame)
                if again:
                    made = made.at(1.7 + turn * every_s).add("wire", "frame", observer=router, hex=frame)
        elsewhere = segment("10.9.1.0", "10.1.1.0", turn, b"", flags=SYN, port=40000 + turn).hex()
        beyond = segment(PEERING["tor1", "k1"], "10.0.0.1", turn, b"", flags=SYN, port=40000 + turn).hex()
        for frame in (elsewhere, beyond):
            made = made.at(1.6 + turn * every_s).add("wire", "frame", observer="tor1", hex=frame)
    return made.at(13.5).mark(f"{mark}-over").closed(dropped).end()


ROWS = (
    Row("as given", GIVEN, known(CHOSEN), PASS, "k1 is 10.255.43.1"),
    Row("another one", GIVEN, known(CHOSEN | {"k2": "1.2.3.4"}), FAIL, "tor1 knows k2 by 1.2.3.4"),
    Row("those of each other", GIVEN, known(CHOSEN | {"k1": CHOSEN["k2"]}), FAIL, "wanted 10.255.43.1"),
    Row("no session", GIVEN, known(CHOSEN, down="k3"), UNKNOWN, "tor1 has no session with k3"),
    Row("one router alone", GIVEN, known(CHOSEN, routers=("tor1",)), UNKNOWN, "tor2"),
    Row("as given in the end", GIVEN, known(CHOSEN, before=CHOSEN | {"k1": "1.2.3.4"}), PASS),
    Row("one that takes no part", GIVEN, known(CHOSEN | {"k3": "1.2.3.4"}, eligible=("k2", "k3")), FAIL, "k3"),
    Row("another that takes none", GIVEN, known(CHOSEN | {"k1": "1.2.3.4"}, eligible=("k2", "k3")), PASS),
    Row("no router", GIVEN, configured(Made().unrouted(), CHOSEN).mark("given").end(), UNKNOWN, "no router"),
    Row("no mark", TAKEN, known(CHOSEN), UNKNOWN, "taken-back is missing"),
    Row("their own", TAKEN, known(CHOSEN, OWN), PASS, "k1 is 172.18.0.2"),
    Row("still as given", TAKEN, known(CHOSEN, OWN | {"k3": CHOSEN["k3"]}), FAIL, "one of its own"),
    Row("the only one as given", TAKEN, only(CHOSEN["k1"]), FAIL, "one of its own"),
    Row("the only one by its own", TAKEN, only(OWN["k1"]), PASS),
    Row("as given before", GIVEN, known(CHOSEN, OWN), PASS),
    Row("in time", QUICK, calls(1.7), PASS, "36 intervals"),
    Row("at the earliest", QUICK, calls(1.5, times=8), PASS),
    Row("at the latest", QUICK, calls(2.0), PASS),
    Row("too often", QUICK, calls(1.4, times=8), FAIL, "wanted 1.45"),
    Row("too rarely", QUICK, calls(2.6, times=5), FAIL, "2.60 s"),
    Row("no more", QUICK, calls(1.7, times=6), FAIL, "no more for 3.5 s"),
    Row("once", QUICK, calls(1.7, times=1), FAIL, "no more for 12.0 s"),
    Row("sent again", QUICK, calls(1.7, again=True), PASS),
    Row("one node does not", QUICK, calls(1.7, nodes=("k1", "k3")), UNKNOWN, "k2 called tor1 0 times"),
    Row("no calls at all", QUICK, calls(1.7, flags=REFUSED), UNKNOWN, "0 times"),
    Row("frames lost", QUICK, calls(1.7, dropped=1), UNKNOWN, "lost 1"),
    Row("once too soon", QUICK, uneven(1.7, 1.7, 1.2, 1.7), FAIL, "1.20 to 1.70 s, wanted"),
    Row("once too late", QUICK, uneven(1.7, 2.6, 1.7, 1.7), FAIL, "1.70 to 2.60 s, wanted"),
    Row("after another frame", QUICK, uneven(1.7, 1.7, 1.7, 1.7, first="00" * 60), PASS),
    Row("after a refusal", QUICK, uneven(1.7, 1.7, 1.7, 1.7, first=REFUSAL), PASS),
    Row("no beginning", QUICK, uneven(1.7, 1.7, 1.7, 1.7, marks=("x", "quick-over")), UNKNOWN, "a mark"),
    Row("no end", QUICK, uneven(1.7, 1.7, 1.7, 1.7, marks=("quick", "x")), UNKNOWN, "a mark"),
    Row("no mark", QUICK, calls(1.7, mark="slow"), UNKNOWN, "a mark"),
    Row("in time", SLOW, calls(5, times=3, mark="slow"), PASS, "12 intervals"),
    Row("as often as ever", SLOW, calls(1.7, mark="slow"), FAIL, "wanted 4.45 to 7.50 s"),
    Row("no mark", SLOW, calls(5, times=3), UNKNOWN, "a mark"),
    Row("few", peer_fields.called_every("quick", 2, 7), calls(1.8), UNKNOWN, "7 times, wanted 8"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_peer_fields_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
