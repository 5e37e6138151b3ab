"""The judges of who owns addresses, on hand-made histories that pass, fail and decide nothing."""

from typing import Any

import pytest

from conformance.selftest.made import NODES, Made, Row
from conformance.suite.checks import owners
from conformance.suite.checks.eligible import EXCLUDED
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP = "10.10.0.200"
LABEL = "announces"
STEADY, LABELLED, MOVES = owners.steady(5), owners.follows_label(LABEL, 5), owners.follows_endpoints("web", 5)
SPREAD, FEW, SAME = owners.spread_out(6, 0.4), owners.few_move(6), owners.identity_kept()
VIPS = tuple(f"10.10.0.{200 + number}" for number in range(6))


def served() -> Made:
    """One Service that showed its address at one second, under a capture."""
    return Made().l2().opened().created("web").at(1).shows("web", VIP)


def idle(*owner: str, unasked: int = 0) -> Made:
    """Ten seconds in which nothing happens but questions, and announcements that nobody asked for."""
    made = served().dialogue(VIP, "k1", 2).at(3).mark("idle")
    for node in owner:
        made = made.dialogue(VIP, node, 5)
    for _ in range(unasked):
        made = made.told_gratuitously(VIP, owner[0])
    return made.at(13)


def moved(*owner: str, at_s: tuple[float, float] = (12, 20)) -> Made:
    """k1 bears the label, k2 from ten seconds on; asked in both times."""
    made = Made().l2().opened().labelled("k1", LABEL).created("web").at(1).shows("web", VIP).at(7)
    made = made.dialogue(VIP, owner[0], 2).at(10).labelled("k2", LABEL).at(10.1).labelled("k1", LABEL, None)
    made = made.at(at_s[1])
    return (made.dialogue(VIP, owner[1], 2) if len(owner) > 1 else made.asked(VIP).at(21)).closed()


def followed(second: str, *errors: str) -> Made:
    """The only pod is on k1, from 20 seconds on on k2; `second` answers then, and requests end like that."""
    made = served().at(2).pods("k1").at(8).requested("web", "", "").dialogue(VIP, "k1", 2).at(9).mark("moving-1")
    made = made.at(20).pods("k2").at(26).requested("web", *(errors or ("", "")))
    return (made.dialogue(VIP, second, 2) if second else made.asked(VIP)).at(30).closed()


def many(*nodes: str) -> Made:
    """Six Services and who answers for each."""
    made = Made().l2().opened()
    for number, (address, node) in enumerate(zip(VIPS, nodes, strict=False)):
        made = made.created(f"s{number}").shows(f"s{number}", address).dialogue(address, node, 1)
    return made


def left(without: tuple[str, ...], again: tuple[str, ...]) -> Made:
    """k3 leaves and comes back; who answers then."""
    made = many("k1", "k1", "k2", "k2", "k3", "k3").at(10).mark("before").labelled("k3", EXCLUDED, "")
    for name, nodes, at_s in (("without", without, 20), ("again", again, 30)):
        made = made.at(at_s)
        for address, node in zip(VIPS, nodes, strict=True):
            made = made.dialogue(address, node, 1)
        made = made.mark(name)
    return made.closed()


GONE = ("k1", "k1", "k2", "k2", "k1", "k2")


def looked(made: Made, gateway: str = "10.1.0.1", address: str = "10.10.0.10") -> Made:
    """Look at every node's network and at its addresses in the API."""
    for node in NODES:
        links = [{"ifname": "eth1", "addr_info": [{"local": address, "prefixlen": 24}]}]
        routes = [{"dst": "default", "gateway": gateway, "dev": "eth0"}]
        state: dict[str, Any] = {"addresses": links, "routes": routes, "proxies": [], "ruleset": ""}
        made = made.add("node", "state", node=node, asked_ns=0, **state)
    return made.add("kube", "nodes", nodes={node: {"addresses": [address]} for node in NODES})


ROWS = (
    Row("quiet", STEADY, idle("k1").closed().end(), PASS),
    Row("now and then", STEADY, idle("k1", unasked=8).closed().end(), PASS, "8 times"),
    Row("all the time", STEADY, idle("k1", unasked=12).closed().end(), FAIL, "12 times"),
    Row("another owner", STEADY, idle("k1", "k2", "k1").closed().end(), FAIL, "2 owners"),
    Row("shortly", owners.steady(60), idle("k1").closed().end(), UNKNOWN),
    Row("nobody answers", STEADY, served().mark("idle").at(9).asked(VIP).at(12).closed().end(), UNKNOWN),
    Row("no mark", STEADY, served().dialogue(VIP, "k1", 3).closed().end(), UNKNOWN),
    Row("with the label", LABELLED, moved("k1", "k2").end(), PASS, "k1, then k2"),
    Row("never moves", LABELLED, moved("k1", "k1").end(), FAIL, "claimed by k1"),
    Row("another one", LABELLED, moved("k3", "k2").end(), FAIL, "claimed by k3"),
    Row("nobody then", LABELLED, moved("k1").end(), FAIL, "nobody answers"),
    Row("not asked then", LABELLED, moved("k1", "k2", at_s=(12, 11)).end(), UNKNOWN),
    Row("no label", LABELLED, served().dialogue(VIP, "k1", 3).closed().end(), UNKNOWN),
    Row("to the pod", MOVES, followed("k2").end(), PASS),
    Row("stays", MOVES, followed("k1").end(), FAIL, "its pod is on k2"),
    Row("nobody", MOVES, followed("").end(), FAIL, "nobody"),
    Row("requests fail", MOVES, followed("k2", "", "timeout").end(), FAIL, "1 of 2"),
    Row("no pod moved", MOVES, served().pods("k1").at(9).dialogue(VIP, "k1", 3).closed().end(), UNKNOWN),
    Row("even", SPREAD, many("k1", "k1", "k2", "k2", "k3", "k3").end(), PASS, "k1 2, k2 2, k3 2"),
    Row("all on one", SPREAD, many(*["k1"] * 6).end(), FAIL, "k2, k3"),
    Row("not all answered", SPREAD, many("k1", "k2").end(), UNKNOWN),
    Row("its own only", FEW, left(GONE, GONE).end(), PASS, "0 of 6"),
    Row("its own come back", FEW, left(GONE, ("k1", "k1", "k2", "k2", "k3", "k3")).end(), PASS, "2 of 6"),
    Row("others too", FEW, left(("k2", *GONE[1:]), GONE).end(), FAIL, "1 addresses of other nodes"),
    Row("it stays", FEW, left((*GONE[:5], "k3"), GONE).end(), FAIL, "still owns"),
    Row("many come back", FEW, left(GONE, ("k3",) * 6).end(), FAIL, "6 of 6"),
    Row("too few", owners.few_move(9), left(GONE, GONE).end(), UNKNOWN),
    Row("as it was", SAME, looked(looked(Made().l2()).at(1).shows("web", VIP).dialogue(VIP, "k1", 1)).end(), PASS),
    Row("another way out", SAME, looked(looked(served().dialogue(VIP, "k1", 1)), "10.1.0.9").end(), FAIL),
    Row("another InternalIP", SAME, looked(looked(served().dialogue(VIP, "k1", 1)), address=VIP).end(), FAIL, "now"),
    Row("looked at once", SAME, looked(served().dialogue(VIP, "k1", 1)).end(), UNKNOWN),
    Row("never announced", SAME, looked(looked(served())).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_owners_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
