"""The judges of layer 2, on hand-made histories that pass, fail and decide nothing."""

from ipaddress import IPv4Address

import pytest

from conformance.selftest.made import MACS, Made, Row
from conformance.suite.arp import BROADCAST
from conformance.suite.checks import l2
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, VIP6, FREE, FOREIGN = "10.10.0.200", "fd00:10:10::200", "10.10.0.201", "10.10.0.77"
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
    """A Service with externalTrafficPolicy Local and its only ready pod on k2; another address is on k1."""
    made = Made().l2().created("web", externalTrafficPolicy="Local", selector={"app": "web"}).shows("web", VIP)
    pods = {
        "a": {"node": "k1", "ready": True, "labels": {"app": "other"}},
        "b": {"node": "k2", "ready": True, "labels": {"app": "web"}},
        "c": {"node": "k3", "ready": False, "labels": {"app": "web"}},
    }
    return made.add("kube", "pods", pods=pods).opened().at(2).dialogue(VIP, owner, 2).dialogue(FREE, "k1", 1)


def released(after: str = "", owners: tuple[str, ...] = ("k1", "k2"), asked: str = VIP) -> Made:
    """An address answered, released, asked for and answered again by `owners` in turn."""
    made = served().mark("shown").at(1.5).dialogue(VIP, owners[0], 3).at(5).mark("silence-from")
    made = made.at(6).asked(asked)
    if after:
        made = made.replied(VIP, after)
    made = made.at(10).add("suite", "mark", name="silence-until").at(11)
    for owner in owners[1:]:
        made = made.dialogue(VIP, owner, 2)
    return made


def unheard(times: int, made: Made | None = None, form: str = "broadcast") -> Made:
    """Ask several times without an answer."""
    made = made or served()
    for _ in range(times):
        made = made.asked(VIP, form).at(made.now_s + 0.1)
    return made


def padded(length_bytes: int) -> Made:
    """One reply, in a frame of some length."""
    made = served().asked(VIP).replied(VIP, "k1")
    last = made.events.pop()
    frame = bytes.fromhex(last.data["hex"]).ljust(length_bytes, b"\0")
    return made.add("wire", "frame", observer="lan", hex=frame.hex())


def asked_in_vain() -> Made:
    """A question that was sent and that no capture saw."""
    made = served().at(2).dialogue(VIP, "k1", 1).asked(FREE)
    made.events.pop()
    return made.closed()


def never_held() -> Made:
    """Nobody ever answers for an address, before its release and after."""
    made = served().at(5).mark("silence-from").at(6).asked(VIP).at(10).mark("silence-until")
    return made.at(11).asked(VIP).closed()


ROWS = (
    Row("soon", l2.answered(2), served().at(1.5).dialogue(VIP, "k1", 1).end(), PASS),
    Row("late", l2.answered(2), served().at(2).asked(VIP).at(5).dialogue(VIP, "k1", 1).end(), FAIL, "wanted 2 s"),
    Row("never", l2.answered(2), served().at(2).asked(VIP).at(5).asked(VIP).end(), FAIL),
    Row("asked too shortly", l2.answered(2), served().at(2).asked(VIP).end(), UNKNOWN),
    Row("never asked", l2.answered(2), served().at(9).end(), UNKNOWN),
    Row(
        "another one is",
        l2.answered(2),
        served().shows("other", FREE).at(2).dialogue(FREE, "k1", 1).asked(VIP).at(5).asked(VIP).end(),
        FAIL,
        f"{VIP} of web",
    ),
    Row("no address", l2.answered(2), Made().l2().end(), UNKNOWN),
    Row("one", l2.one_owner(3), served().dialogue(VIP, "k1", 3).closed().end(), PASS, "k1"),
    Row("once", l2.one_owner(), served().dialogue(VIP, "k1", 1).closed().end(), PASS, "1 of 1"),
    Row("not each time", l2.one_owner(3), served().dialogue(VIP, "k1", 3).asked(VIP).closed().end(), PASS, "3 of 4"),
    Row(
        "another one more often",
        l2.one_owner(2),
        served().shows("other", FREE).dialogue(VIP, "k1", 3).dialogue(FREE, "k2", 1).closed().end(),
        UNKNOWN,
        f"{FREE}: 1 questions",
    ),
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
    Row("where it is not ready", l2.owner_has_endpoint(), local("k3").end(), FAIL, "answered by k3"),
    Row("on a stranger", l2.owner_has_endpoint(), local(STRANGER).end(), FAIL, "a stranger"),
    Row(
        "not Local",
        l2.owner_has_endpoint(),
        served().wrote("create", "Service", "web", selector={}).pods("k1").dialogue(VIP, "k1", 1).end(),
        UNKNOWN,
    ),
    Row("not created", l2.owner_has_endpoint(), Made().l2().shows("web", VIP).pods("k1").end(), UNKNOWN),
    Row("no pods noted", l2.owner_has_endpoint(), served().dialogue(VIP, "k1", 1).end(), UNKNOWN),
    Row("correct", l2.well_formed(), served().dialogue(VIP, "k1", 2).end(), PASS),
    Row("broadcast reply", l2.well_formed(), served().asked(VIP).replied(VIP, "k1", destination=BROADCAST).end(), FAIL),
    Row("wrong tpa", l2.well_formed(), served().asked(VIP).replied(VIP, "k1", target_ip=IPv4Address(VIP)).end(), FAIL),
    Row("foreign sha", l2.well_formed(), served().asked(VIP).replied(VIP, "k1", sender_mac=MACS["k3"]).end(), FAIL),
    Row("of full length", l2.well_formed(), padded(1514).end(), PASS),
    Row("too long", l2.well_formed(), padded(1515).end(), FAIL, "1515 bytes"),
    Row(
        "to a probe",
        l2.well_formed(),
        served().dialogue(VIP, "k1", 2).asked(VIP, "probe").replied(VIP, "k1", destination=BROADCAST).end(),
        PASS,
        "2 replies",
    ),
    Row(
        "beside NDP",
        l2.well_formed(),
        served().dialogue(VIP, "k1", 2).asked_by_ndp(VIP6).advertised(VIP6, "k1").end(),
        PASS,
        "2 replies",
    ),
    Row("no answer", l2.well_formed(), served().asked(VIP).end(), UNKNOWN),
    Row("1 ms", l2.fast(), served().dialogue(VIP, "k1", 40).end(), PASS),
    Row("just enough", l2.fast(), served().dialogue(VIP, "k1", 20).end(), PASS),
    Row("late at first", l2.fast(), unheard(10).dialogue(VIP, "k1", 40).end(), PASS, "40 answers"),
    Row("others slow", l2.fast(), unheard(10, served().dialogue(VIP, "k1", 40), "unicast").end(), PASS, "40 answers"),
    Row("one slow of 40", l2.fast(), served().dialogue(VIP, "k1", 39).dialogue(VIP, "k1", 1, 1.0, 0.5).end(), PASS),
    Row("all slow", l2.fast(), served().dialogue(VIP, "k1", 40, 1.0, 0.5).end(), FAIL),
    Row("a tenth unanswered", l2.fast(), served().dialogue(VIP, "k1", 27).asked(VIP).asked(VIP).asked(VIP).end(), FAIL),
    Row("too few", l2.fast(), served().dialogue(VIP, "k1", 3).end(), UNKNOWN),
    Row("silent", l2.silent_for_others(2), others().closed().end(), PASS),
    Row("answers for a free one", l2.silent_for_others(2), others(FREE).closed().end(), FAIL, "1 addresses"),
    Row("answers for a foreign one", l2.silent_for_others(2), others(FOREIGN).closed().end(), FAIL),
    Row("too few asked", l2.silent_for_others(9), others().closed().end(), UNKNOWN),
    Row("one of the held is silent", l2.silent_for_others(2), others().asked(VIP).closed().end(), PASS),
    Row("frames lost", l2.silent_for_others(2), others().closed(dropped=3).end(), UNKNOWN, "lost 3"),
    Row("never heard", l2.silent_for_others(1), asked_in_vain().end(), UNKNOWN, "1 questions never reached"),
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
    Row(
        "unicast for another",
        l2.form_answered("unicast"),
        served().asked(FREE, "unicast").asked(VIP, "unicast").replied(VIP, "k1").closed().end(),
        PASS,
        "1 unicasts",
    ),
    Row("no capture", l2.form_answered("unicast"), served(capture=False).asked(VIP, "unicast").end(), UNKNOWN),
    Row("silent, then the next", l2.handed_over(), released().closed().end(), PASS),
    Row("still claimed", l2.handed_over(), released(after="k1").closed().end(), FAIL, "still claimed"),
    Row("back and forth", l2.handed_over(), released(owners=("k1", "k2", "k1")).closed().end(), FAIL, "back and forth"),
    Row("not asked for", l2.handed_over(), released(asked=FREE).closed().end(), UNKNOWN, "not asked for"),
    Row("never answered", l2.handed_over(), never_held().end(), UNKNOWN, "never answered"),
    Row("release without a beginning", l2.handed_over(), served().at(9).mark("silence-until").closed().end(), UNKNOWN),
    Row("nothing to release", l2.handed_over(), Made().mark("silence-from").mark("silence-until").end(), UNKNOWN),
    Row("not driven to the release", l2.handed_over(), served().dialogue(VIP, "k1", 2).closed().end(), UNKNOWN),
    Row("capture lost frames", l2.handed_over(), released().closed(dropped=1).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_l2_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
