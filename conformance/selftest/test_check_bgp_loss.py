"""The judges of sessions that are lost, on hand-made histories that pass, fail and decide nothing."""

from typing import Any

import pytest

from conformance.selftest.made import NODES, NS, PEERING, START_S, Made, Row, open_frame
from conformance.selftest.made_bgp import Talk, plain, update
from conformance.suite.bgp_stream import Kind
from conformance.suite.checks import bgp_loss
from conformance.suite.checks.bgp_loss import FLAPPING
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, PREFIX = "10.100.0.1", "10.100.0.1/32"
TORS = ("tor1", "tor2")
OTHERS = ("k2", "k3")
GRACEFUL = bytes.fromhex("0104000100014006007800010100")
"""Multiprotocol 1/1; graceful restart of 120 s for it."""


def begun(*shown: str) -> Made:
    """Captures run, a Service has its address, or what it shows instead; "" is none."""
    return Made().bgp().opened().pool("10.100.0.0/24").at(1).shows("web", *filter(None, shown or (VIP,)))


def looked(made: Made, at_s: float, nodes: tuple[str, ...], **of_k1: Any) -> Made:
    """Both routers have the prefix from these nodes; k1's path as told."""
    made = made.at(at_s)
    for router in TORS:
        found = [
            {"peerId": PEERING[router, node], "path": "65200", "nexthops": [], "multipath": True}
            | (of_k1 if node == "k1" else {})
            for node in nodes
        ]
        made = made.add(
            "router", "bgp_rib", router=router, asked_ns=0, raw={"routes": {PREFIX: found} if found else {}}
        )
    return made


def opens(capabilities: bytes = GRACEFUL, nodes: tuple[str, ...] = NODES) -> History:
    """Nodes send OPENs."""
    made = begun()
    for node in nodes:
        address = PEERING["tor1", node]
        made = made.add("wire", "frame", observer="tor1", hex=open_frame(address, "10.1.9.0", 9, capabilities).hex())
    return made.closed().end()


def restarted(
    *,
    during: tuple[str, ...] = NODES,
    after: tuple[str, ...] = NODES,
    sends: bool = True,
    opened: bool = True,
    stale_in_the_end: bool = False,
    kills: bool = True,
    back_s: float = 8.0,
    shown: str = VIP,
    opens_to: tuple[str, ...] = TORS,
) -> History:
    """What speaks BGP on k1 is killed at three seconds, and speaks again at seven."""
    made = looked(begun(shown), 2, NODES).at(3)
    if kills:
        made = made.killed("engine")
    made = looked(made, 4, during, stale=True)
    talk = Talk(made).at(7)
    for router in TORS:
        if opened and router in opens_to:
            talk.says("k1", router, Kind.OPEN, bytes(10))
        if sends:
            talk.update("k1", router, plain("k1", router, PREFIX))
    made = looked(made, 7.5, during, stale=True)
    return looked(made, back_s, after, stale=stale_in_the_end).closed().end()


def drained(*, local_pref: int = 0, used: bool = False, gone_s: float = 6.0, goes: bool = True) -> History:
    """The speaker of k1 is deleted at three seconds; what its path looks like from four on, until it goes."""
    asked_ns = int((START_S + 3) * NS)
    made = looked(begun(), 2, NODES).at(3).add("fault", "renew", role="speaker", node="k1", pods=[], asked_ns=asked_ns)
    made = looked(made, 3.5, NODES, locPrf=100)
    for at_s in (4.0, gone_s - 0.1):
        made = looked(made, at_s, NODES, locPrf=local_pref, multipath=used)
    return looked(made, gone_s, OTHERS if goes else NODES, locPrf=100).end()


def lost(
    *,
    until_s: float = 3.5,
    after_s: float = 9.0,
    failing_before: bool = False,
    fault: bool = True,
    begin_s: float = 0.0,
    mended_s: float = 0.0,
) -> History:
    """Two requests a tenth of a second; every other one fails from three seconds until some later moment."""
    made = begun().add("request", "plan", run=0, about="web")
    if fault:
        made = made.at(3).fault("node-silent", node="k1")
    if mended_s:
        made = made.at(mended_s).fault("node-silent", "mended", node="k1")
    for number in range(int(begin_s * 20), int(after_s * 20)):
        begin_s = number * 0.05
        is_lost = (3 <= begin_s < until_s and number % 2 == 0) or (failing_before and number == 59)
        fields: dict[str, Any] = {"run": 0, "number": number, "begin_ns": int((START_S + begin_s) * NS)}
        told = {"ok": not is_lost, "answer": "" if is_lost else "pod-k1", "error": "timeout" if is_lost else ""}
        made = made.at(begin_s + 0.01).add("request", "answer", **fields, **told)
    return made.end()


WITHDRAWN_S = {"withdrawal before": 2.5, "withdrawal": 7, "withdrawal after": 21}


def flapped(
    *,
    times: int = 3,
    also: str = "",
    missing: bool = False,
    looks: bool = True,
    dropped: int = 0,
    shown: str = VIP,
) -> History:
    """The session of k1 with tor1 is reset some times; what others say besides."""
    made = begun(shown)
    made = looked(made, 2, NODES) if looks else made
    talk = Talk(made.at(3)).mark(f"{FLAPPING}k1")
    made.add("fault", "router", router="tor1", what="cleared", asked_ns=0, peer=PEERING["tor1", "k1"])
    for number in range(times):
        talk.at(4 + number).says("k1", "tor1", Kind.OPEN, bytes(10)).update("k1", "tor1", plain("k1", "tor1", PREFIX))
    if looks:
        looked(made, 6, OTHERS[:1] if missing else OTHERS)
    if also in WITHDRAWN_S:
        talk.at(WITHDRAWN_S[also]).update("k2", "tor1", update(withdrawn=(PREFIX,)))
    if also == "reset":
        talk.at(7).says("k1", "tor2", Kind.NOTIFICATION, b"\x06\x04")
    return talk.at(20).mark("calm").at(22).made.closed(dropped).end()


def dropping(history: History) -> History:
    """The same, by a capture that lost frames."""
    return Made([event for event in history.events if event.kind != "closed"]).at(90).closed(dropped=2).end()


CAN, KNOWN, GOES = bgp_loss.restartable(), bgp_loss.stays_known(), bgp_loss.leaves_and_returns(10)
LAST, BLACK, ALONE = bgp_loss.depreferenced(1), bgp_loss.blackhole(1.85), bgp_loss.contained(3)
ROWS = (
    Row("offered", CAN, opens(), PASS, "3 OPENs"),
    Row("not offered", CAN, opens(bytes.fromhex("010400010001")), FAIL, "does not offer"),
    Row("not by all", CAN, opens(nodes=("k1",)), UNKNOWN, "k2, k3"),
    Row("no OPEN", CAN, begun().closed().end(), UNKNOWN),
    Row("kept", KNOWN, restarted(), PASS, "stale in 4"),
    Row("dropped", KNOWN, restarted(during=OTHERS), FAIL, "k2, k3 only"),
    Row("not sent again", KNOWN, restarted(sends=False), FAIL, "did not send"),
    Row("stale for ever", KNOWN, restarted(stale_in_the_end=True), FAIL, "in the end"),
    Row("never interrupted", KNOWN, restarted(opened=False), UNKNOWN, "not seen to begin"),
    Row("not killed", KNOWN, restarted(kills=False), UNKNOWN),
    Row("gone and back", GOES, restarted(during=OTHERS), PASS, "5.0 s after"),
    Row("back late", GOES, restarted(during=OTHERS, back_s=15), FAIL, "12.0 s"),
    Row("never gone", GOES, restarted(back_s=15), FAIL, "never lost"),
    Row("never back", GOES, restarted(during=OTHERS, after=OTHERS, back_s=15), FAIL, "without k1"),
    Row("not watched", GOES, restarted(), UNKNOWN),
    Row("last choice", LAST, drained(), PASS, "1.9 s"),
    Row("as good as others", LAST, drained(local_pref=100), FAIL, "used the path"),
    Row("still used", LAST, drained(used=True), FAIL, "used the path"),
    Row("in a hurry", LAST, drained(gone_s=4.5), FAIL, "0.40 s"),
    Row("never gone", LAST, drained(goes=False), UNKNOWN, "until it was gone"),
    Row("nobody left", LAST, begun().end(), UNKNOWN),
    Row("short", BLACK, lost(), PASS, "0.40 s"),
    Row("nothing lost", BLACK, lost(until_s=3.0), PASS, "0 of"),
    Row("long", BLACK, lost(until_s=6.0), FAIL, "wanted 1.85"),
    Row("failing before", BLACK, lost(failing_before=True), UNKNOWN),
    Row("soon over", BLACK, lost(after_s=4.0), UNKNOWN),
    Row("no fault", BLACK, lost(fault=False), UNKNOWN),
    Row("alone", ALONE, flapped(), PASS, "3 times"),
    Row("another withdraws", ALONE, flapped(also="withdrawal"), FAIL, "k2 to tor1"),
    Row("another session", ALONE, flapped(also="reset"), FAIL, "k1 to tor2"),
    Row("another route gone", ALONE, flapped(missing=True), FAIL, "k3"),
    Row("too few", ALONE, flapped(times=2), UNKNOWN, "2 times"),
    Row("not looked at", ALONE, flapped(looks=False), UNKNOWN),
    Row("frames lost", ALONE, flapped(dropped=1), UNKNOWN),
    Row("no address", KNOWN, restarted(shown=""), UNKNOWN, "no Service"),
    Row("one session not interrupted", KNOWN, restarted(opens_to=("tor1",)), UNKNOWN, "k1 and tor2"),
    Row("not looked at", KNOWN, begun().at(3).killed("engine").at(9).closed().end(), UNKNOWN, "not looked at"),
    Row("frames lost", KNOWN, dropping(restarted()), UNKNOWN, "lost 2"),
    Row("no address", GOES, restarted(during=OTHERS, shown=""), UNKNOWN, "no Service"),
    Row("few before", BLACK, lost(begin_s=2), UNKNOWN, "requests before"),
    Row("just enough before", BLACK, lost(begin_s=1.75), PASS, "0.40 s"),
    Row("as long as may be", BLACK, lost(until_s=4.85), PASS, "1.80 s"),
    Row("fails on when it is mended", BLACK, lost(until_s=6, mended_s=4), UNKNOWN, "after the last that failed"),
    Row("another withdraws before", ALONE, flapped(also="withdrawal before"), PASS, "3 times"),
    Row("another withdraws after", ALONE, flapped(also="withdrawal after"), PASS, "3 times"),
    Row("no address", ALONE, flapped(shown=""), UNKNOWN, "no Service"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_bgp_loss_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
