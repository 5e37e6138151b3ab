"""The judges of layer 2, on hand-made histories that pass, fail and decide nothing."""

from ipaddress import IPv4Address

import pytest

from conformance.selftest.made import MACS, Made, Row
from conformance.suite.arp import BROADCAST
from conformance.suite.checks import l2
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, FREE, FOREIGN = "10.10.0.200", "10.10.0.201", "10.10.0.77"
STRANGER = "02:00:00:00:99:99"


def served(capture: bool = True) -> Made:
    """One Service that showed its address at one second, under a capture."""
    made = Made().l2().pool().at(0.9).created("web").at(1).shows("web", VIP)
    return made.opened() if capture else made


def others(loud: str = "") -> Made:
    """The held address and two that are not, each asked for once."""
    made = served().at(2).dialogue(VIP, "k1", 1).asked(FREE).asked(FOREIGN)
    return made.replied(loud, "k2") if loud else made


def local(owner: str) -> Made:
    """A Service with externalTrafficPolicy Local and its only pod on k2."""
    made = Made().l2().created("web", externalTrafficPolicy="Local", selector={"app": "web"}).shows("web", VIP)
    return made.pods("k2", app="web").opened().at(2).dialogue(VIP, owner, 2)


def released(after: str = "", owners: tuple[str, ...] = ("k1", "k2")) -> Made:
    """An address answered, released, listened for and answered again by `owners` in turn."""
    made = served().at(1.5).dialogue(VIP, owners[0], 3).at(5).add("suite", "mark", name="silence-from")
    made = made.at(6).asked(VIP)
    if after:
        made = made.replied(VIP, after)
    made = made.at(10).add("suite", "mark", name="silence-until").at(11)
    for owner in owners[1:]:
        made = made.dialogue(VIP, owner, 2)
    return made


ROWS = (
    Row("soon", l2.answered(2), served().at(1.5).dialogue(VIP, "k1", 1).end(), PASS),
    Row("late", l2.answered(2), served().at(2).asked(VIP).at(5).dialogue(VIP, "k1", 1).end(), FAIL, "wanted 2 s"),
    Row("never", l2.answered(2), served().at(2).asked(VIP).at(5).asked(VIP).end(), FAIL),
    Row("asked too shortly", l2.answered(2), served().at(2).asked(VIP).end(), UNKNOWN),
    Row("never asked", l2.answered(2), served().at(9).end(), UNKNOWN),
    Row("no address", l2.answered(2), Made().l2().end(), UNKNOWN),
    Row("one", l2.one_owner(3), served().dialogue(VIP, "k1", 3).closed().end(), PASS, "k1"),
    Row("two", l2.one_owner(3), served().dialogue(VIP, "k1", 2).dialogue(VIP, "k2", 1).closed().end(), FAIL),
    Row("two, gratuitous", l2.one_owner(1), served().dialogue(VIP, "k1", 1).replied(VIP, "k2").closed().end(), FAIL),
    Row(
        "another Ethernet source",
        l2.one_owner(1),
        served().asked(VIP).replied(VIP, "k1", source=MACS["k2"]).end(),
        FAIL,
    ),
    Row("a stranger", l2.one_owner(1), served().dialogue(VIP, STRANGER, 1).closed().end(), FAIL),
    Row("nobody", l2.one_owner(1), served().asked(VIP).closed().end(), FAIL),
    Row("too few questions", l2.one_owner(9), served().dialogue(VIP, "k1", 3).closed().end(), UNKNOWN),
    Row(
        "capture lost frames", l2.one_owner(1), served().dialogue(VIP, "k1", 1).closed(dropped=4).end(), UNKNOWN, "lost"
    ),
    Row("capture cut off", l2.one_owner(1), served().dialogue(VIP, "k1", 1).end(), UNKNOWN),
    Row("on its node", l2.owner_has_endpoint(), local("k2").end(), PASS),
    Row("on another node", l2.owner_has_endpoint(), local("k1").end(), FAIL, "k1"),
    Row(
        "not answered",
        l2.owner_has_endpoint(),
        Made()
        .l2()
        .created("web", externalTrafficPolicy="Local", selector={})
        .shows("web", VIP)
        .pods("k2")
        .asked(VIP)
        .end(),
        FAIL,
    ),
    Row("no pods noted", l2.owner_has_endpoint(), served().dialogue(VIP, "k1", 1).end(), UNKNOWN),
    Row("correct", l2.well_formed(), served().dialogue(VIP, "k1", 2).end(), PASS),
    Row("broadcast reply", l2.well_formed(), served().asked(VIP).replied(VIP, "k1", destination=BROADCAST).end(), FAIL),
    Row("wrong tpa", l2.well_formed(), served().asked(VIP).replied(VIP, "k1", target_ip=IPv4Address(VIP)).end(), FAIL),
    Row("foreign sha", l2.well_formed(), served().asked(VIP).replied(VIP, "k1", sender_mac=MACS["k3"]).end(), FAIL),
    Row("no answer", l2.well_formed(), served().asked(VIP).end(), UNKNOWN),
    Row("1 ms", l2.fast(), served().dialogue(VIP, "k1", 40).end(), PASS),
    Row("one slow of 40", l2.fast(), served().dialogue(VIP, "k1", 39).dialogue(VIP, "k1", 1, 1.0, 0.5).end(), PASS),
    Row("all slow", l2.fast(), served().dialogue(VIP, "k1", 40, 1.0, 0.5).end(), FAIL),
    Row("a tenth unanswered", l2.fast(), served().dialogue(VIP, "k1", 27).asked(VIP).asked(VIP).asked(VIP).end(), FAIL),
    Row("too few", l2.fast(), served().dialogue(VIP, "k1", 3).end(), UNKNOWN),
    Row("silent", l2.silent_for_others(2), others().closed().end(), PASS),
    Row("answers for a free one", l2.silent_for_others(2), others(FREE).closed().end(), FAIL, "1 addresses"),
    Row("answers for a foreign one", l2.silent_for_others(2), others(FOREIGN).closed().end(), FAIL),
    Row("too few asked", l2.silent_for_others(9), others().closed().end(), UNKNOWN),
    Row(
        "control unanswered",
        l2.silent_for_others(1),
        served().asked(VIP).asked(FREE).closed().end(),
        UNKNOWN,
        "control",
    ),
    Row(
        "probe",
        l2.form_answered("probe"),
        served().asked(VIP, "probe").replied(VIP, "k1", target_ip=IPv4Address(0)).closed().end(),
        PASS,
    ),
    Row("probe", l2.form_answered("probe"), served().asked(VIP, "probe").closed().end(), FAIL),
    Row("probe", l2.form_answered("probe"), served().asked(VIP).replied(VIP, "k1").closed().end(), UNKNOWN),
    Row(
        "unicast",
        l2.form_answered("unicast"),
        served().asked(VIP, "unicast", MACS["k1"]).replied(VIP, "k1").closed().end(),
        PASS,
    ),
    Row("unicast", l2.form_answered("unicast"), served().asked(VIP, "unicast", MACS["k1"]).closed().end(), FAIL),
    Row("no capture", l2.form_answered("unicast"), served(capture=False).asked(VIP, "unicast").end(), UNKNOWN),
    Row("silent, then the next", l2.handed_over(), released().closed().end(), PASS),
    Row("still claimed", l2.handed_over(), released(after="k1").closed().end(), FAIL, "still claimed"),
    Row("back and forth", l2.handed_over(), released(owners=("k1", "k2", "k1")).closed().end(), FAIL, "back and forth"),
    Row("not driven to the release", l2.handed_over(), served().dialogue(VIP, "k1", 2).closed().end(), UNKNOWN),
    Row("capture lost frames", l2.handed_over(), released().closed(dropped=1).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_l2_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
