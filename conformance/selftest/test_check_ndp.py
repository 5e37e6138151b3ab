"""The judges of NDP, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import MACS, Made, Row
from conformance.suite import ndp as codec
from conformance.suite.checks import ndp
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP = "fd00:10:10::200"
TWICE, PROBED, UNASKED = ndp.solicited(2), ndp.defended(1), ndp.unasked(2)


def served() -> Made:
    """A Service with an IPv6 address since one second, under a capture."""
    return Made().l2().opened().created("web").at(1).shows("web", VIP).at(2)


def answered(**changed: object) -> Made:
    """Two solicitations and their answers, of which the second one may be changed."""
    made = served().asked_by_ndp(VIP).advertised(VIP, "k1").at(3)
    return made.asked_by_ndp(VIP).advertised(VIP, "k1", **changed).closed()


def probed(flags: int = codec.OVERRIDE) -> Made:
    """A probe that is answered to all nodes."""
    return served().asked_by_ndp(VIP, "probe").told_all(VIP, "k1", flags).closed()


ROWS = (
    Row("correct", TWICE, answered().end(), PASS),
    Row("not solicited", TWICE, answered(flags=0x20).end(), FAIL, "S is not set"),
    Row("not overriding", TWICE, answered(flags=0x40).end(), FAIL, "O is not set"),
    Row("without a MAC", TWICE, answered(mac="").end(), FAIL, "missing"),
    Row("with another MAC", TWICE, answered(mac=MACS["k2"]).end(), FAIL, MACS["k2"]),
    Row("to another one", TWICE, answered(destination="02:00:00:00:00:77").end(), FAIL, "not answered"),
    Row("never", TWICE, served().asked_by_ndp(VIP).closed().end(), FAIL, "not answered"),
    Row("too few", ndp.solicited(3), answered().end(), UNKNOWN),
    Row("ARP only", TWICE, served().dialogue("10.10.0.200", "k1", 3).closed().end(), UNKNOWN),
    Row("not captured", TWICE, served().asked_by_ndp(VIP).advertised(VIP, "k1").end(), UNKNOWN),
    Row("to all nodes", PROBED, probed().end(), PASS),
    Row("solicited", PROBED, probed(0x60).end(), FAIL, "S is set"),
    Row("to the prober", PROBED, served().asked_by_ndp(VIP, "probe").advertised(VIP, "k1").closed().end(), FAIL),
    Row("never probed", PROBED, answered().end(), UNKNOWN),
    Row("at once", UNASKED, served().told_all(VIP, "k1").closed().end(), PASS, "1.00 s"),
    Row("late", UNASKED, served().at(4).told_all(VIP, "k1").closed().end(), FAIL, "3.00 s"),
    Row("after answers", UNASKED, served().advertised(VIP, "k1").at(3).told_all(VIP, "k1").closed().end(), PASS),
    Row("long after answers", UNASKED, served().at(1).advertised(VIP, "k1").at(2.9).told_all(VIP, "k1").end(), FAIL),
    Row("not overriding", UNASKED, served().told_all(VIP, "k1", 0).closed().end(), FAIL, "without O"),
    Row("answers only", UNASKED, answered().end(), FAIL, "never"),
    Row("IPv4 only", UNASKED, Made().l2().shows("web", "10.10.0.200").closed().end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_ndp_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
