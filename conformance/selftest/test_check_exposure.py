"""The judges of secrets and of strangers, on hand-made histories that pass, fail and decide nothing."""

import struct

import pytest

from conformance.selftest.made import NEAR, NEAR_MAC, Made, Row
from conformance.suite.arp import BROADCAST, question
from conformance.suite.checks import exposure
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
MD5 = b"\x01\x01\x13\x12" + bytes(16)
PLAIN = b"\x02\x04\x05\xb4\x01\x01\x04\x02"


def syn(sender: str, options: bytes, flags: int = 0x02) -> bytes:
    """A segment that begins a connection to the router, with some options."""
    size = 20 + len(options)
    ends = bytes(map(int, sender.split("."))) + bytes((10, 10, 0, 1))
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + size, 0, 0, 64, 6, 0) + ends
    tcp = struct.pack("!HHIIBBHHH", 40000, 179, 7, 0, size // 4 << 4, flags, 0, 0, 0)
    return bytes(12) + b"\x08\x00" + ip + tcp + options


def dialled(**options: bytes) -> Made:
    """Nodes connect to the router: node=the options of their first segment."""
    made = Made().l2()
    for node, sent in options.items():
        frame = syn(f"10.10.0.{9 + int(node[1:])}", sent)
        made.add("wire", "frame", observer="gw", hex=frame.hex())
    return made


def heard(*frames: bytes) -> Made:
    """All nodes connect to the router, each signed, and its capture holds these frames, too."""
    made = dialled(k1=MD5, k2=MD5, k3=MD5)
    for frame in frames:
        made.add("wire", "frame", observer="gw", hex=frame.hex())
    return made


def peered() -> Made:
    """The router is a peer, and one node connects to it."""
    return dialled(k1=PLAIN).opened().wrote("apply", "BGPPeer", "gw")


def searched(*found: str, without: str = "", logs: int = 2) -> Made:
    """All places were searched, but one; the password was found in metrics."""
    made = Made()
    for place, count in (("logs", logs), ("processes", 2), ("events", 1), ("objects", 1)):
        for number in range(count):
            size = 0 if place == without else 9
            made.add("audit", "search", place=place, where=f"{place}-{number}", bytes=size, found=[])
    return made.add("audit", "search", place="metrics", where="c:1", bytes=9, found=list(found))


def knocked(outcome: str = "refused", *messages: int, nodes: tuple[str, ...] = ("k1", "k2", "k3")) -> Made:
    """A stranger knocks at nodes."""
    made = Made().l2()
    for node in nodes:
        about = {"node": node, "address": "x", "error": ""}
        made.add("forge", "peer", outcome=outcome, messages=list(messages), **about)
    return made


HIDDEN = exposure.hidden(at_least=2)
SIGNED = exposure.signed("gw")
DIALS = exposure.dials("gw")
REFUSED = exposure.unknown_refused()

ROWS = (
    Row("nowhere", HIDDEN, searched().end(), PASS, "1 metrics"),
    Row("in metrics", HIDDEN, searched("password=x").end(), FAIL, "metrics of c:1"),
    Row("no Events", HIDDEN, searched(without="events").end(), UNKNOWN, "events"),
    Row("empty logs", HIDDEN, searched(without="logs").end(), UNKNOWN, "logs"),
    Row("few logs", HIDDEN, searched(logs=1).end(), UNKNOWN, "logs"),
    Row("not searched", HIDDEN, Made().end(), UNKNOWN),
    Row("all signed", SIGNED, dialled(k1=MD5, k2=MD5, k3=MD5).end(), PASS, "3 connections"),
    Row("one unsigned", SIGNED, dialled(k1=MD5, k2=PLAIN, k3=MD5).end(), FAIL, "k2 connects"),
    Row("no options", SIGNED, dialled(k1=b"").end(), FAIL, "k1 connects"),
    Row("one silent", SIGNED, dialled(k1=MD5, k2=MD5).end(), UNKNOWN, "k3"),
    Row("no facts", SIGNED, Made().end(), UNKNOWN, "facts"),
    Row("all connect", DIALS, dialled(k1=PLAIN, k2=PLAIN, k3=MD5).end(), PASS, "k1, k2, k3"),
    Row("one does not", DIALS, peered().closed().end(), FAIL, "k2, k3: no connection"),
    Row("capture lost", DIALS, peered().closed(dropped=1).end(), UNKNOWN, "lost 1"),
    Row("no peer", DIALS, dialled(k1=PLAIN).opened().closed().end(), UNKNOWN, "no peer"),
    Row("nothing known", DIALS, Made().end(), UNKNOWN, "facts"),
    Row("refused", REFUSED, knocked().end(), PASS, "k1: refused"),
    Row("ignored", REFUSED, knocked("timeout").end(), PASS),
    Row("told and closed", REFUSED, knocked("closed", 1, 3).end(), PASS, "closed"),
    Row("accepted", REFUSED, knocked("open", 1, 4).end(), FAIL, "accepts the OPEN"),
    Row("unreachable", REFUSED, knocked("unreachable").end(), UNKNOWN, "k1"),
    Row("one not tried", REFUSED, knocked(nodes=("k1", "k3")).end(), UNKNOWN, "k2"),
    Row("nobody tried", REFUSED, Made().end(), UNKNOWN, "no facts"),
    Row("a segment later on", SIGNED, heard(syn("10.10.0.10", PLAIN, flags=0x10)).end(), PASS, "3 connections"),
    Row("the router connects, too", SIGNED, heard(syn("10.10.0.1", PLAIN)).end(), PASS, "3 connections"),
    Row("other frames", SIGNED, heard(question(NEAR, NEAR_MAC, NEAR, BROADCAST)).end(), PASS, "3 connections"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_exposure_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
