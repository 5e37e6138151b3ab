"""The judges of what nodes say to routers, on hand-made histories that pass, fail and decide nothing."""

import struct
from collections.abc import Iterable

import pytest

from conformance.selftest.made import NODES, Made, Row
from conformance.selftest.made_bgp import ORIGIN_IGP, SHUTDOWN, Talk, as_path, bandwidth, number, plain, update
from conformance.suite.bgp_stream import Kind
from conformance.suite.checks import bgp_wire
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP = "10.100.0.1"
PREFIX = f"{VIP}/32"
TORS = ("tor1", "tor2")
SESSIONS = [(node, router) for node in NODES for router in TORS]


def begun() -> Talk:
    """Captures run, peers and a pool are configured, a Service has its address."""
    made = Made().bgp().opened().wrote("apply", "BGPPeer", "p", myASN=65200, peerASN=65101).pool("10.100.0.0/24")
    return Talk(made.at(1).shows("web", VIP))


def advertised(talk: Talk | None = None, *, more: bytes = b"", sessions: Iterable[tuple[str, str]] = SESSIONS) -> Talk:
    """Each node opens its sessions and sends the one address, and the end of its table."""
    talk = (talk or begun()).at(2)
    for node, router in sessions:
        talk.says(node, router, Kind.OPEN, bytes(10)).update(node, router, plain(node, router, PREFIX, more=more))
        talk.update(node, router, update())
    return talk


def over(talk: Talk) -> History:
    """The captures come to their end, and so does the history."""
    return talk.made.closed().end()


def dropped(talk: Talk) -> History:
    """The capture lost frames."""
    return talk.made.closed(dropped=3).end()


def rest(*events: tuple[str, str, int, bytes], after_s: float = 70) -> Talk:
    """A time of rest in which these messages come: (node, router, kind, body)."""
    talk = advertised().at(10).mark("rest").at(20)
    for node, router, kind, body in events:
        talk.says(node, router, kind, body)
    return talk.at(after_s).mark("enough")


def router_speaks() -> Talk:
    """Only a router says something while the nodes rest."""
    talk = advertised().at(10).mark("rest").at(20)
    return talk.says("k1", "tor1", Kind.UPDATE, OTHER, reply=True).at(70).mark("enough")


def late_table() -> Talk:
    """A session is opened before the time of rest, and its table comes in it."""
    talk = begun().at(2).says("k1", "tor1", Kind.OPEN, bytes(10)).at(10).mark("rest").at(20)
    return talk.update("k1", "tor1", OTHER).at(70).mark("enough")


def around(talk: Talk, *, more: bool = False) -> Talk:
    """A session without an OPEN, and a lot after the end of a table; `more`: and another end of it."""
    talk.update("k2", "tor1", plain("k2", "tor1", "10.100.0.9/32")).at(5)
    talk.update("k1", "tor1", update())
    for last in range(100, 140):
        talk.update("k1", "tor1", plain("k1", "tor1", f"10.100.0.{last}/32"))
    if more:
        talk.at(15).update("k1", "tor1", update())
    return talk.says("k1", "tor1", Kind.NOTIFICATION, b"\x06\x04")


def asked_back() -> Talk:
    """A node asks for the router's table, too."""
    return asked(*SESSIONS).says("k1", "tor1", Kind.ROUTE_REFRESH, bytes.fromhex("00010001"))


def asked(*answering: tuple[str, str], mark_s: float = 10) -> Talk:
    """The routers ask for a refresh, and these sessions answer."""
    talk = advertised().at(mark_s).mark("refresh").at(10)
    for node, router in SESSIONS:
        talk.says(node, router, Kind.ROUTE_REFRESH, bytes.fromhex("00010001"), reply=True)
    for node, router in answering:
        talk.at(10.2).update(node, router, plain(node, router, PREFIX))
    return talk


def left(*, says_so: bool = True, withdraws_s: float = 12.5, last_s: float = 0, ends: bool = False) -> Talk:
    """One node is told to leave at ten seconds, and leaves the last router at `last_s` if that is later."""
    talk = advertised().at(10).mark("leaving").at(10.1)
    for router in TORS:
        if says_so:
            talk.update("k1", router, plain("k1", router, PREFIX, more=number(8, SHUTDOWN)))
    for router, at_s in zip(TORS, (withdraws_s, max(withdraws_s, last_s)), strict=True):
        talk.at(at_s)
        if ends:
            talk.says("k1", router, Kind.NOTIFICATION, bytes.fromhex("0603"))
        else:
            talk.update("k1", router, update(withdrawn=(PREFIX,)))
    return talk


def weights(*values: float, pods: tuple[str, ...] = ("k1", "k1", "k1", "k2")) -> History:
    """Nodes k1 and k2 send these bandwidths; pods run as named."""
    talk = begun().at(2).says("k1", "tor1", Kind.OPEN, bytes(10))
    talk.update("k3", "tor1", plain("k3", "tor1", "10.100.0.9/32"))
    for node, value in zip(("k1", "k2"), values, strict=True):
        for router in TORS:
            talk.update(node, router, plain(node, router, PREFIX, more=bandwidth(value) if value else b""))
    noted = {f"pod-{number}": {"node": node, "ready": True, "labels": {}} for number, node in enumerate(pods)}
    noted["late"] = {"node": "k2", "ready": False, "labels": {}}
    talk.made.add("kube", "pods", pods=noted)
    return over(talk)


def large(*values: tuple[int, int, int]) -> bytes:
    """Write large communities."""
    body = b"".join(struct.pack("!III", *value) for value in values)
    return bytes([0xC0, 32, len(body)]) + body


def communities(more: bytes, *listed: str, sessions: Iterable[tuple[str, str]] = SESSIONS) -> History:
    """An advertisement lists communities, and UPDATEs carry what is given."""
    talk = begun()
    talk.made.wrote("apply", "BGPAdvertisement", "a", communities=list(listed))
    return over(advertised(talk, more=more, sessions=sessions))


BOTH = number(8, 65200 << 16 | 7) + large((65200, 1, 2))
LISTED = ("65200:7", "large:65200:1:2")


def table(messages: int, prefixes: int = 40) -> Talk:
    """One session whose table of so many prefixes comes in so many messages."""
    talk = begun().at(2).says("k1", "tor1", Kind.OPEN, bytes(10))
    told = [f"10.100.0.{number}/32" for number in range(prefixes)]
    size = -(-prefixes // messages)
    for begin in range(0, prefixes, size):
        talk.update("k1", "tor1", plain("k1", "tor1", *told[begin : begin + size]))
    return talk


QUIET = bgp_wire.quiet("rest", "enough", at_least_s=59)
HITLESS = bgp_wire.quiet("rest", "enough", may_advertise=True, at_least_s=5)
OTHER = plain("k1", "tor1", "10.100.0.2/32")
ROWS = (
    Row("as they should be", bgp_wire.attributes(), over(advertised()), PASS, "6 UPDATEs"),
    Row("LOCAL_PREF", bgp_wire.attributes(), over(advertised(more=number(5, 100))), FAIL, "LOCAL_PREF 100"),
    Row("MED", bgp_wire.attributes(), over(advertised(more=number(4, 0))), FAIL, "MULTI_EXIT_DISC 0"),
    Row(
        "no AS_PATH",
        bgp_wire.attributes(),
        over(begun().update("k1", "tor1", update(PREFIX, attributes=ORIGIN_IGP))),
        FAIL,
        "AS_PATH None",
    ),
    Row(
        "another AS",
        bgp_wire.attributes(),
        over(begun().update("k1", "tor1", update(PREFIX, attributes=ORIGIN_IGP + as_path(65999)))),
        FAIL,
        "AS_PATH (65999,)",
    ),
    Row("nothing sent", bgp_wire.attributes(), over(begun()), UNKNOWN),
    Row("silence", QUIET, over(rest()), PASS, "0 UPDATEs"),
    Row("KEEPALIVEs", QUIET, over(rest(("k1", "tor1", Kind.KEEPALIVE, b""))), PASS),
    Row("an UPDATE", QUIET, over(rest(("k1", "tor1", Kind.UPDATE, OTHER))), FAIL, "1 messages"),
    Row("a reset", QUIET, over(rest(("k1", "tor1", Kind.NOTIFICATION, b"\x06\x04"))), FAIL),
    Row("too short", QUIET, over(rest(after_s=30)), UNKNOWN, "20.0 s only"),
    Row("frames lost", QUIET, dropped(rest()), UNKNOWN, "lost 3"),
    Row("no mark", QUIET, over(advertised()), UNKNOWN),
    Row("a router speaks", QUIET, over(router_speaks()), PASS),
    Row("by default", bgp_wire.quiet("rest", "enough"), over(rest(after_s=21.5)), PASS),
    Row("no first mark", QUIET, over(advertised().at(70).mark("enough")), UNKNOWN, "a mark"),
    Row("no second mark", QUIET, over(advertised().at(10).mark("rest").at(70)), UNKNOWN, "a mark"),
    Row("only greeted before", HITLESS, over(late_table()), UNKNOWN, "before that"),
    Row("nobody spoke", QUIET, over(begun().mark("rest").at(70).mark("enough")), UNKNOWN),
    Row("new prefixes", HITLESS, over(rest(("k1", "tor1", Kind.UPDATE, OTHER))), PASS, "1 UPDATEs"),
    Row("a withdrawal", HITLESS, over(rest(("k1", "tor1", Kind.UPDATE, update(withdrawn=(PREFIX,))))), FAIL),
    Row("an OPEN", HITLESS, over(rest(("k1", "tor1", Kind.OPEN, bytes(10)))), FAIL),
    Row("one message", bgp_wire.packed(40, 20), over(table(1)), PASS, "1 UPDATEs"),
    Row("as many as may be", bgp_wire.packed(40, 20), over(table(20)), PASS, "20 UPDATEs"),
    Row("before and after it", bgp_wire.packed(40, 20), over(around(table(1))), PASS, "1 UPDATEs"),
    Row("frames lost", bgp_wire.packed(40, 20), dropped(table(1)), UNKNOWN, "lost 3"),
    Row("one for each", bgp_wire.packed(40, 20), over(table(40)), FAIL, "40 UPDATEs"),
    Row("fewer prefixes", bgp_wire.packed(40, 20), over(table(1, 5)), UNKNOWN),
    Row("no OPEN", bgp_wire.packed(40, 20), over(begun()), UNKNOWN),
    Row("all again", bgp_wire.refreshed(), over(asked(*SESSIONS)), PASS, "6 sessions"),
    Row("asked before", bgp_wire.refreshed(), over(asked(*SESSIONS, mark_s=11)), UNKNOWN, "no router sent"),
    Row("asked in return", bgp_wire.refreshed(), over(asked_back()), PASS, "6 sessions"),
    Row("no address", bgp_wire.refreshed(), over(Talk(Made().bgp().opened().mark("refresh"))), UNKNOWN, "no Service"),
    Row("one not", bgp_wire.refreshed(), over(asked(*SESSIONS[1:])), FAIL, "k1 did not"),
    Row("by a reset", bgp_wire.refreshed(), over(asked().says("k1", "tor1", Kind.OPEN, bytes(10))), FAIL, "reset"),
    Row("not asked", bgp_wire.refreshed(), over(advertised().mark("refresh")), UNKNOWN),
    Row("frames lost", bgp_wire.refreshed(), dropped(asked(*SESSIONS)), UNKNOWN),
    Row("at once", bgp_wire.end_of_rib(2), over(advertised()), PASS, "6 sessions"),
    Row("before and after it", bgp_wire.end_of_rib(2), over(around(advertised(), more=True)), PASS, "6 sessions"),
    Row("frames lost", bgp_wire.end_of_rib(2), dropped(advertised()), UNKNOWN, "lost 3"),
    Row(
        "never",
        bgp_wire.end_of_rib(2),
        over(advertised().says("k1", "tor1", Kind.OPEN, bytes(10))),
        FAIL,
        "k1 to tor1",
    ),
    Row(
        "late",
        bgp_wire.end_of_rib(2),
        over(advertised().says("k1", "tor1", Kind.OPEN, bytes(10)).at(9).update("k1", "tor1", update())),
        FAIL,
        "7.0 s",
    ),
    Row("no OPEN", bgp_wire.end_of_rib(2), over(begun()), UNKNOWN),
    Row("politely", bgp_wire.leaves_politely(1), over(left()), PASS, "2.4 s"),
    Row("by the end of the session", bgp_wire.leaves_politely(1), over(left(ends=True)), PASS),
    Row("without a word", bgp_wire.leaves_politely(1), over(left(says_so=False)), FAIL, "without a word"),
    Row("in a hurry", bgp_wire.leaves_politely(1), over(left(withdraws_s=10.4)), FAIL, "0.30 s"),
    Row("one in a hurry", bgp_wire.leaves_politely(1), over(left(withdraws_s=10.4, last_s=13)), FAIL, "0.30 s"),
    Row("frames lost", bgp_wire.leaves_politely(1), dropped(left()), UNKNOWN, "lost 3"),
    Row("nobody left", bgp_wire.leaves_politely(1), over(advertised().mark("leaving")), UNKNOWN),
    Row("nobody was told", bgp_wire.leaves_politely(1), over(advertised()), UNKNOWN),
    Row("as listed", bgp_wire.marked_with(), communities(BOTH, *LISTED), PASS, "6 paths"),
    Row(
        "no large one",
        bgp_wire.marked_with(),
        communities(number(8, 65200 << 16 | 7), *LISTED),
        FAIL,
        "carries 65200:7,",
    ),
    Row(
        "no standard one", bgp_wire.marked_with(), communities(large((65200, 1, 2)), *LISTED), FAIL, "large:65200:1:2,"
    ),
    Row("one more", bgp_wire.marked_with(), communities(BOTH, "65200:7"), FAIL, "large:65200:1:2"),
    Row("none", bgp_wire.marked_with(), communities(b"", *LISTED), FAIL, "carries nothing"),
    Row("not all nodes", bgp_wire.marked_with(), communities(BOTH, *LISTED, sessions=SESSIONS[:2]), UNKNOWN, "k2, k3"),
    Row("nothing asked", bgp_wire.marked_with(), over(advertised(more=BOTH)), UNKNOWN),
    Row("in proportion", bgp_wire.weighed(), weights(3e6, 1e6), PASS, "1e+06"),
    Row("not quite", bgp_wire.weighed(), weights(3e6, 1.5e6), FAIL, "differs"),
    Row("no address", bgp_wire.weighed(), Made().bgp().pods("k1").end(), UNKNOWN),
    Row("equal", bgp_wire.weighed(), weights(1e6, 1e6), FAIL, "differs"),
    Row("none", bgp_wire.weighed(), weights(3e6, 0), FAIL, "no link bandwidth"),
    Row("other nodes", bgp_wire.weighed(), weights(3e6, 1e6, pods=("k1", "k3")), UNKNOWN),
    Row("no pods", bgp_wire.weighed(), over(advertised()), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_bgp_wire_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
