"""The judges of who owns addresses, on hand-made histories that pass, fail and decide nothing."""

from typing import Any

import pytest

from conformance.selftest.made import NODES, Made, Row
from conformance.suite.checks import owners
from conformance.suite.checks.eligible import EXCLUDED
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, OTHER = "10.10.0.200", "10.10.0.209"
STRANGER = "02:00:00:00:99:99"
LABEL = "announces"
STEADY, LABELLED, MOVES = owners.steady(5), owners.follows_label(LABEL, 5), owners.follows_endpoints("web", 5)
SPREAD, FEW, SAME = owners.spread_out(6, 0.4), owners.few_move(6), owners.identity_kept()
VIPS = tuple(f"10.10.0.{200 + number}" for number in range(6))


def served() -> Made:
    """One Service that showed its address at one second, under a capture."""
    return Made().l2().opened().created("web").at(1).shows("web", VIP)


def idle(*owner: str, unasked: int = 0, before: str = "k1") -> Made:
    """Ten seconds in which nothing happens but questions, and announcements that nobody asked for."""
    made = served().dialogue(VIP, before, 2).at(3).mark("idle")
    for node in owner:
        made = made.dialogue(VIP, node, 5)
    for _ in range(unasked):
        made = made.told_gratuitously(VIP, owner[0])
    return made.at(13)


def moved(*owner: str, at_s: tuple[float, float] = (12, 20)) -> Made:
    """k1 bears the label, k2 from ten seconds on; asked in both times."""
    made = (
        Made().l2().opened().labelled("k1", LABEL).labelled("k3", "zone").created("web").at(1).shows("web", VIP).at(7)
    )
    made = made.dialogue(VIP, owner[0], 2).at(10).labelled("k2", LABEL).at(10.1).labelled("k1", LABEL, None)
    made = made.at(at_s[1])
    return (made.dialogue(VIP, owner[1], 2) if len(owner) > 1 else made.asked(VIP).at(21)).closed()


def between() -> Made:
    """k1 bears the label, k2 too from ten seconds on, and k1 until thirty; k3 answers meanwhile."""
    made = Made().l2().opened().labelled("k1", LABEL).shows("web", VIP).at(10).labelled("k2", LABEL)
    return made.at(20).dialogue(VIP, "k3", 1).at(30).labelled("k1", LABEL, None).at(40).closed()


def unselected() -> Made:
    """k1 bears the label until ten seconds, and then nobody does."""
    made = Made().l2().opened().labelled("k1", LABEL).shows("web", VIP).at(7).dialogue(VIP, "k1", 1)
    return made.at(10).labelled("k1", LABEL, None).at(20).asked(VIP).at(30).closed()


def ready_on(made: Made, node: str) -> Made:
    """A pod is ready on a node, and one on k3 is not yet."""
    pods = {"a": {"node": node, "ready": True, "labels": {}}, "b": {"node": "k3", "ready": False, "labels": {}}}
    return made.add("kube", "pods", pods=pods)


def followed(second: str, *errors: str, to: str = "k2", asks: bool = True, late: str = "") -> Made:
    """The only pod is on k1, from 20 seconds on elsewhere; `second` answers then, and requests end like that."""
    made = served().at(2).pods("k1").at(8).requested("web", "", "").dialogue(VIP, "k1", 2).at(9).mark("moving-1")
    made = ready_on(made.at(20), to).at(22)
    made = made.dialogue(VIP, late, 2).requested("web", "reset") if late else made
    made = made.at(26).requested("web", *(errors or ("", "")) if errors != ("none",) else ())
    if asks:
        made = made.dialogue(VIP, second, 2) if second else made.asked(VIP)
    return made.at(30).closed()


def answering(made: Made, *nodes: str) -> Made:
    """Ask for six addresses; who answers for each."""
    for address, node in zip(VIPS, nodes, strict=False):
        made = made.dialogue(address, node, 1)
    return made


def many(*nodes: str) -> Made:
    """Six Services and who answers for each."""
    made = Made().l2().opened()
    for number, address in enumerate(VIPS):
        made = made.created(f"s{number}").shows(f"s{number}", address)
    return answering(made, *nodes)


EVEN = ("k1", "k1", "k2", "k2", "k3", "k3")
GONE = ("k1", "k1", "k2", "k2", "k1", "k2")


def left(without: tuple[str, ...], again: tuple[str, ...], before: tuple[str, ...] = EVEN) -> Made:
    """k3 leaves and comes back; who answers before, then, and in the end."""
    made = many(*before).at(10).mark("before").labelled("k3", EXCLUDED, "")
    made = answering(made.at(20), *without).mark("without")
    return answering(made.at(30), *again).mark("again").closed()


def look(made: Made, *nodes: str, gateway: str = "10.1.0.1", more: str = "", on: str = "eth1") -> Made:
    """Look at nodes' networks: each has its own address, and perhaps one more on one of its interfaces."""
    for number, node in enumerate(nodes):
        held = [("eth1", f"10.10.0.{11 + number}"), *([(on, more)] if more else ())]
        links = [{"ifname": name, "addr_info": [{"local": address, "prefixlen": 24}]} for name, address in held]
        routes = [{"dst": "default", "gateway": gateway, "dev": "eth0"}, {"dst": f"10.244.{len(made.events)}.0/24"}]
        state: dict[str, Any] = {"addresses": links, "routes": routes, "proxies": [], "ruleset": ""}
        made = made.add("node", "state", node=node, asked_ns=0, **state)
    return made


def looked(made: Made, address: str = "10.10.0.10", **options: str) -> Made:
    """Look at every node's network and at its addresses in the API."""
    return look(made, *NODES, **options).add("kube", "nodes", nodes={node: {"addresses": [address]} for node in NODES})


def twice(**options: str) -> Made:
    """Look before an address is announced, and after."""
    return looked(looked(served()).dialogue(VIP, "k1", 1), **options)


def twice_in_the_api() -> Made:
    """Every node is looked at once, but twice in the API."""
    made = looked(served().dialogue(VIP, "k1", 1))
    return made.add("kube", "nodes", nodes={node: {"addresses": ["10.10.0.10"]} for node in NODES})


ROWS = (
    Row("quiet", STEADY, idle("k1").closed().end(), PASS),
    Row("now and then", STEADY, idle("k1", unasked=8).closed().end(), PASS, "8 times"),
    Row("all the time", STEADY, idle("k1", unasked=12).closed().end(), FAIL, "12 times"),
    Row("another owner", STEADY, idle("k1", "k2", "k1").closed().end(), FAIL, "2 owners"),
    Row("shortly", owners.steady(60), idle("k1").closed().end(), UNKNOWN),
    Row("nobody answers", STEADY, served().mark("idle").at(9).asked(VIP).at(12).closed().end(), UNKNOWN),
    Row("another owner before", STEADY, idle("k1", before="k2").closed().end(), PASS),
    Row("another address unanswered", STEADY, idle("k1").shows("other", OTHER).closed().end(), UNKNOWN, OTHER),
    Row("no address", STEADY, Made().l2().opened().mark("idle").at(13).closed().end(), UNKNOWN),
    Row("frames lost", STEADY, idle("k1").closed(dropped=2).end(), UNKNOWN, "lost 2"),
    Row("no mark", STEADY, served().dialogue(VIP, "k1", 3).closed().end(), UNKNOWN),
    Row("with the label", LABELLED, moved("k1", "k2").end(), PASS, "k1, then k2"),
    Row("never moves", LABELLED, moved("k1", "k1").end(), FAIL, "claimed by k1"),
    Row("another one", LABELLED, moved("k3", "k2").end(), FAIL, "claimed by k3"),
    Row("nobody then", LABELLED, moved("k1").end(), FAIL, "nobody answers"),
    Row("not asked then", LABELLED, moved("k1", "k2", at_s=(12, 11)).end(), UNKNOWN),
    Row("a stranger", LABELLED, moved("k1", STRANGER).end(), FAIL, "a stranger"),
    Row("not asked for long", LABELLED, moved("k1", "k2", at_s=(12, 11)).at(30).end(), UNKNOWN, "two nodes"),
    Row("neither of two", LABELLED, between().end(), FAIL, "selected are k1, k2"),
    Row("nobody may", LABELLED, unselected().end(), UNKNOWN, "two nodes"),
    Row("frames lost", LABELLED, moved("k1", "k2").closed(dropped=2).end(), UNKNOWN, "lost 2"),
    Row("no label", LABELLED, served().dialogue(VIP, "k1", 3).closed().end(), UNKNOWN),
    Row("to the pod", MOVES, followed("k2").end(), PASS),
    Row("stays", MOVES, followed("k1").end(), FAIL, "its pod is on k2"),
    Row("nobody", MOVES, followed("").end(), FAIL, "nobody"),
    Row("requests fail", MOVES, followed("k2", "", "timeout").end(), FAIL, "1 of 2"),
    Row("to one that is not ready", MOVES, followed("k3").end(), FAIL, "its pod is on k2"),
    Row("to a stranger", MOVES, followed(STRANGER).end(), FAIL, "a stranger"),
    Row("in a while", MOVES, followed("k2", late="k1").end(), PASS, "k2: 2 requests"),
    Row("nobody asked for it", MOVES, followed("", asks=False).end(), UNKNOWN, "nobody asked for"),
    Row("nobody asked it", MOVES, followed("k2", "none").end(), UNKNOWN, "nobody asked web"),
    Row("frames lost", MOVES, followed("k2").closed(dropped=2).end(), UNKNOWN, "lost 2"),
    Row("came back", MOVES, followed("k1", to="k1").end(), UNKNOWN, "did not move"),
    Row("no pod moved", MOVES, served().pods("k1").at(9).dialogue(VIP, "k1", 3).closed().end(), UNKNOWN),
    Row("even", SPREAD, many(*EVEN).end(), PASS, "k1 2, k2 2, k3 2"),
    Row("even in the end", SPREAD, answering(many(*["k1"] * 6), *EVEN).end(), PASS, "k1 2, k2 2, k3 2"),
    Row("one with a stranger", SPREAD, many(*EVEN[:5], STRANGER).end(), PASS, "k1 2, k2 2, k3 1"),
    Row("just enough", owners.spread_out(6, 0.5), many(*EVEN[:5], "k1").end(), PASS, "k1 3, k2 2, k3 1"),
    Row("not enough", owners.spread_out(6, 0.9), many(*EVEN[:5], "k1").end(), FAIL, "k3 owns too few"),
    Row("all on one", SPREAD, many(*["k1"] * 6).end(), FAIL, "k2, k3"),
    Row("not all answered", SPREAD, many("k1", "k2").end(), UNKNOWN),
    Row("its own only", FEW, left(GONE, GONE).end(), PASS, "0 of 6"),
    Row("its own come back", FEW, left(GONE, EVEN).end(), PASS, "2 of 6"),
    Row("others too", FEW, left(("k2", *GONE[1:]), GONE).end(), FAIL, "1 addresses of other nodes"),
    Row("it stays", FEW, left((*GONE[:5], "k3"), GONE).end(), FAIL, "still owns"),
    Row("many come back", FEW, left(GONE, ("k3",) * 6).end(), FAIL, "6 of 6"),
    Row("as many as may", FEW, left(GONE, ("k3",) * 4 + GONE[4:]).end(), PASS, "4 of 6"),
    Row("it owned none", FEW, left(GONE, GONE, before=GONE).end(), UNKNOWN, "one by k3"),
    Row("not all answered in the end", FEW, left(GONE, GONE[:5]).end(), UNKNOWN),
    Row("too few", owners.few_move(9), left(GONE, GONE).end(), UNKNOWN),
    Row("as it was", SAME, twice().end(), PASS, "3 nodes"),
    Row("another way out", SAME, twice(gateway="10.1.0.9").end(), FAIL),
    Row("another InternalIP", SAME, twice(address=VIP).end(), FAIL, "now"),
    Row("another address", SAME, twice(more="10.10.0.99").end(), FAIL, "k1 is not what it was"),
    Row("another way's address", SAME, twice(more="172.18.0.99", on="eth0").end(), FAIL, "k1"),
    Row("an address of a pod's link", SAME, twice(more="10.10.0.99", on="veth1").end(), PASS),
    Row("the Service's address", SAME, twice(more=VIP).end(), PASS),
    Row("one not looked at again", SAME, look(twice_in_the_api(), "k1", "k2").end(), UNKNOWN, "k3"),
    Row("without a Service", owners.identity_kept(given=False), looked(looked(Made().l2())).end(), PASS),
    Row("looked at once", SAME, looked(served().dialogue(VIP, "k1", 1)).end(), UNKNOWN),
    Row("never announced", SAME, looked(looked(served())).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_owners_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
