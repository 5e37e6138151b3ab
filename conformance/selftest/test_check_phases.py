"""The judges of requests in phases, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import phases
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A, B = "10.10.0.200", "10.10.0.201"
OK, LOST, NO = "", "timeout", "refused"

HERE = phases.reachable("a", "b", within_s=3)
GONE = phases.unreachable("a", within_s=3)
REFUSED = phases.refused("a", within_s=3)
SAME = phases.same_address("web")
PORTS = phases.node_ports("web", False, True)


def asked(*errors: str) -> Made:
    """Phase a: one request a second with these ends."""
    return Made().l2().opened().requested("a", *errors, every_s=1)


def both(*errors: str) -> Made:
    """Phase a is as it should be, and phase b as given."""
    return asked(OK, OK, OK).requested("b", *errors, every_s=1)


def heard(made: Made, *, answered: bool) -> Made:
    """The address is asked for by ARP while the last requests run."""
    made.at(5.2).asked(A)
    return (made.at(5.21).replied(A, "k1") if answered else made).at(9).closed()


def kept(*addresses: str) -> Made:
    """A Service shows these addresses one after the other; "" is none."""
    made = Made().created("web")
    for number, address in enumerate(addresses):
        made = made.at(number).shows("web", *([address] if address else []))
    return made.watched()


def ports(*shown: int) -> Made:
    """A Service is written once for each node port that it then has; 0 is none."""
    made = Made()
    for number, port in enumerate(shown):
        made = made.at(number).wrote("patch" if number else "create", "Service", "web")
        made = made.at(number + 0.1).service("web", spec={"ports": [{"port": 80, "nodePort": port}]})
    return made


ROWS = (
    Row("at once", HERE, both(OK, OK, OK).end(), PASS, "0.00 s"),
    Row("after a while", HERE, both(NO, LOST, OK, OK, OK).end(), PASS, "2.00 s"),
    Row("never", HERE, both(*[LOST] * 6).end(), FAIL, "b: no answer"),
    Row("late", HERE, both(*[LOST] * 4, OK, OK, OK).end(), FAIL, "b: the first answer"),
    Row("a gap", HERE, both(OK, LOST, OK, OK).end(), FAIL, "1 of 4"),
    Row("too short", HERE, both(LOST, LOST).end(), UNKNOWN),
    Row("too few", HERE, both(OK).end(), UNKNOWN),
    Row("not asked", HERE, asked(OK, OK, OK).end(), UNKNOWN),
    Row("closed", GONE, asked(OK, OK, NO, NO, NO, LOST, NO).end(), PASS, "refused, timeout"),
    Row("open", GONE, asked(NO, NO, NO, NO, OK, NO, NO).end(), FAIL, "1 of"),
    Row("too few", GONE, asked(NO, NO, NO, NO).end(), UNKNOWN),
    Row("refuses", REFUSED, heard(asked(LOST, *[NO] * 7), answered=True).end(), PASS, "a: announced,"),
    Row("unreachable", REFUSED, heard(asked(*["unreachable"] * 8), answered=True).end(), PASS),
    Row("by nobody", REFUSED, heard(asked(*[LOST] * 8), answered=False).end(), PASS, "announced by nobody"),
    Row("hangs", REFUSED, heard(asked(*[LOST] * 8), answered=True).end(), FAIL, "hang"),
    Row("answers", REFUSED, heard(asked(*[OK] * 8), answered=True).end(), FAIL, "without any endpoint"),
    Row("no ARP asked", REFUSED, asked(*[NO] * 8).closed().end(), UNKNOWN),
    Row("too few", REFUSED, heard(asked(NO, NO, NO), answered=True).end(), UNKNOWN),
    Row("stays", SAME, kept("", A, A, "").end(), PASS),
    Row("another", SAME, kept(A, B).end(), FAIL, "2 addresses"),
    Row("a gap", SAME, kept(A, "", A).end(), FAIL, "a while"),
    Row("none", SAME, kept("").end(), UNKNOWN),
    Row("watch broke", SAME, Made().created("web").shows("web", A).end(), UNKNOWN),
    Row("as asked", PORTS, ports(0, 30080).end(), PASS),
    Row("unwanted", PORTS, ports(30080, 30080).end(), FAIL, "wanted none"),
    Row("missing", PORTS, ports(0, 0).end(), FAIL, "wanted some"),
    Row("one write", PORTS, ports(0).end(), UNKNOWN),
    Row("not shown", PORTS, ports(0).wrote("patch", "Service", "web").end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_phases_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
