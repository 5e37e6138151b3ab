"""The judges of segments and odd networks, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import segments
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, OTHER = "10.10.0.200", "10.10.0.201"
INSIDE, THERE = segments.confined("web", "lan", ("spare",)), segments.announced_on("web", "spare")
UNDER, FLOOD, ORDER = segments.during("address-held", 5), segments.withstands(100, 0.99, 50), segments.in_order()
MIB = 1024 * 1024
USE = {"role": "speaker", "node": "k1", "pid": 1, "begin_ns": 0, "peak_bytes": 0, "cpu_s": 0.0}


def served() -> Made:
    """One Service that showed its address at one second, under a capture."""
    return Made().l2().pool().opened().created("web").at(1).shows("web", VIP).at(2)


def leaked(*frames: str) -> Made:
    """The address is answered for on the LAN, and what is heard on the other segment."""
    made = served().dialogue(VIP, "k1", 2)
    for hex_frame in frames:
        made = made.add("wire", "frame", observer="spare", direction="in", hex=hex_frame)
    return made.closed()


NOISE = "ffffffffffff0200000000010806"
CLAIM = Made().replied(VIP, "k1").events[-1].data["hex"]


def held(times: int, answers: bool = True) -> Made:
    """Every node holds the address while it is asked for."""
    made = served().fault("address-held").at(3)
    for _ in range(times):
        made = made.dialogue(VIP, "k1", 1) if answers else made.asked(VIP).at(made.now_s + 0.1)
    return made.fault("address-held", "mended").closed()


def flooded(missed: int = 0, sent: int = 1000, grown: int = 0, second: str = "speaker-1") -> Made:
    """Ten seconds of flood, and 100 questions of others, of which some are missed."""
    made = served().add("node", "usage", when="before", pod="speaker-1", rss_bytes=90 * MIB, **USE)
    made = made.add("ask", "flooding", target=VIP, per_s=100).at(2.01).dialogue(VIP, "k1", 100 - missed, 0.09)
    for _ in range(missed):
        made = made.asked(VIP).at(made.now_s + 0.09)
    made = made.at(12).add("ask", "flooded", target=VIP, sent=sent, seconds=10.0)
    return made.add("node", "usage", when="after", pod=second, rss_bytes=(90 + grown) * MIB, **USE).closed()


def late(after_s: float) -> Made:
    """A hundred questions of others in ten seconds, ten at once each second, all answered so long afterwards."""
    story = served().add("node", "usage", when="before", pod="speaker-1", rss_bytes=90 * MIB, **USE)
    story = story.add("ask", "flooding", target=VIP, per_s=100)
    for turn in range(10):
        for n in range(10):
            story = story.at(2.01 + turn + n * 0.001).asked(VIP)
        for n in range(10):
            story = story.at(2.02 + turn + after_s + n * 0.001).replied(VIP, "k1")
    story = story.at(14).add("ask", "flooded", target=VIP, sent=1200, seconds=12.0)
    return story.add("node", "usage", when="after", pod="speaker-1", rss_bytes=90 * MIB, **USE).closed()


ROWS = (
    Row("on its own", INSIDE, leaked(NOISE).end(), PASS),
    Row("leaks", INSIDE, leaked(NOISE, CLAIM).end(), FAIL, "claimed on spare"),
    Row("nothing heard there", INSIDE, leaked().end(), UNKNOWN, "nothing at all"),
    Row(
        "not on its own", INSIDE, served().add("wire", "frame", observer="spare", direction="in", hex=NOISE).end(), FAIL
    ),
    Row("no address", INSIDE, Made().l2().end(), UNKNOWN),
    Row("there", THERE, served().asked(VIP).add("wire", "frame", observer="spare", hex=CLAIM).closed().end(), PASS),
    Row("elsewhere", THERE, served().dialogue(VIP, "k1", 2).closed().end(), FAIL),
    Row("never asked", THERE, served().closed().end(), UNKNOWN),
    Row("answered", UNDER, held(5).end(), PASS),
    Row("silent", UNDER, held(5, answers=False).end(), FAIL),
    Row("too few", UNDER, held(4).end(), UNKNOWN),
    Row("no fault", UNDER, served().dialogue(VIP, "k1", 9).closed().end(), UNKNOWN),
    Row("all", FLOOD, flooded().end(), PASS),
    Row("one of 100 missed", FLOOD, flooded(missed=1).end(), PASS, "99.0%"),
    Row("five of 100 missed", FLOOD, flooded(missed=5).end(), FAIL),
    Row("all late, and still waited for", FLOOD, late(0.8).end(), PASS, "100.0%"),
    Row("all too late", FLOOD, late(1.1).end(), FAIL),
    Row("grows", FLOOD, flooded(grown=60).end(), FAIL, "+60.0 MiB"),
    Row("restarted", FLOOD, flooded(second="speaker-2").end(), UNKNOWN),
    Row("a weak flood", FLOOD, flooded(sent=500).end(), UNKNOWN),
    Row("no flood", FLOOD, served().dialogue(VIP, "k1", 9).closed().end(), UNKNOWN),
    Row("after", ORDER, served().dialogue(VIP, "k1", 2).closed().watched().end(), PASS),
    Row("a little ahead", ORDER, served().at(0.5).replied(VIP, "k1").closed().watched().end(), PASS, "0.500 s"),
    Row("long before", ORDER, served().at(-0.5).replied(VIP, "k1").closed().watched().end(), FAIL, "1.50 s"),
    Row("without a status", ORDER, served().dialogue(OTHER, "k1", 2).closed().watched().end(), FAIL, OTHER),
    Row("a node's own", ORDER, served().replied("10.10.0.10", "k1").replied(VIP, "k1").closed().watched().end(), PASS),
    Row("nothing", ORDER, served().closed().watched().end(), UNKNOWN),
    Row("watch not whole", ORDER, served().dialogue(VIP, "k1", 2).closed().end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_segments_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
