"""The judges of an uninstall, on hand-made histories that pass, fail and decide nothing."""

from typing import Any

import pytest

from conformance.selftest.made import NODES, Made, Row
from conformance.suite.checks import orphans
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A, B = "10.10.0.200", "10.10.0.201"
STRANGER = "02:00:00:00:99:99"
CLEAN = orphans.nothing_left()
AWAY = orphans.taken_away(5)
RULES = """table ip nat {
\tchain KUBE-EXT-X {
\t\tip daddr 10.10.0.200 tcp dport 80 jump KUBE-SVC-X
\t}

\tchain KUBE-SVC-X {
\t\tip daddr 10.10.0.200 counter accept
\t}
}
"""
"""kube-proxy's, and right as long as the Service shows the address."""


def served(*more: str) -> Made:
    """A Service has an address or more, and k1 answers for them, under a capture."""
    made = Made().l2().declares().opened().created("web").at(1).shows("web", A, *more)
    for address in (A, *more):
        made = made.dialogue(address, "k1", 3)
    return made.at(2)


def looked(made: Made, **state: Any) -> Made:  # Any: JSON
    """Every node is looked at; only k1 has anything unusual."""
    for node in NODES:
        found = {"addresses": [], "routes": ROUTES, "proxies": [], "ruleset": RULES} | (state if node == "k1" else {})
        made = made.add("node", "state", node=node, asked_ns=0, **found)
    return made


def uninstalled(made: Made, *asked: str) -> Made:
    """The load balancer goes at three seconds, and these addresses are asked for at four, A unless others are named."""
    made = made.at(3).add("fault", "uninstall").at(4)
    for address in asked or (A,):
        made = made.asked(address)
    return made


def rest(made: Made, dropped: int = 0) -> Made:
    """Capture and watch come to their end."""
    return made.at(9).closed(dropped).watched()


def shown() -> Made:
    """A Service has an address, for which nobody answers, under a capture."""
    return Made().l2().declares().opened().at(1).shows("web", A).at(2)


def untold() -> Made:
    """The load balancer goes, and no Service had an address."""
    return Made().l2().declares().opened().created("web").at(3).add("fault", "uninstall").at(4)


def holding(*finalizers: str) -> dict[str, Any]:  # Any: JSON
    """The Service, with these finalizers."""
    return {"metadata": {"name": "web", "uid": "web", "finalizers": list(finalizers)}, "status": {"loadBalancer": {}}}


def finalized(*later: str) -> Made:
    """A finalizer is on the Service when the load balancer goes, and after it these."""
    made = looked(uninstalled(served().add("kube", "service", type="MODIFIED", object=holding("x"))))
    return made.at(6).add("kube", "service", type="MODIFIED", object=holding(*later))


def left(**state: Any) -> Made:  # Any: JSON
    """Uninstalled, with something on k1."""
    return rest(looked(uninstalled(served()), **state))


def of_two(**state: Any) -> Made:  # Any: JSON
    """Uninstalled, with something on k1; the Service had two addresses."""
    return rest(looked(uninstalled(served(B), A, B), **state))


def deleted(end_s: float | None, before: str = "") -> Made:
    """The Service is deleted after the uninstall, at five seconds; another one perhaps before, and it stays."""
    made = (
        uninstalled(served().wrote("delete", "Service", before) if before else served())
        .at(5)
        .wrote("delete", "Service", "web")
    )
    return made if end_s is None else made.at(end_s).shows("web", A, change="DELETED")


BOUND = [{"ifname": "lo", "addr_info": [{"local": A}]}]
ROUTES = [{"dst": "default", "dev": "eth0"}, {"dst": f"{A}/32", "dev": "kube-ipvs0"}]
FOREIGN_RULE = RULES.replace("KUBE-EXT-X", "SPEAKER")
FURTHER_DOWN = RULES.replace("chain KUBE-SVC-X", "chain SPEAKER")
FOREIGN_CHAIN = "table inet metallb {\n\tchain drop {\n\t}\n}\n"

ROWS = (
    Row("nothing", CLEAN, left().end(), PASS, "1 addresses"),
    Row("address", CLEAN, left(addresses=BOUND).end(), FAIL, "interface lo"),
    Row("of kube-proxy", CLEAN, left(addresses=[BOUND[0] | {"ifname": "kube-ipvs0"}]).end(), PASS),
    Row("route", CLEAN, left(routes=[{"dst": A, "dev": "eth1"}]).end(), FAIL, "route"),
    Row("proxied neighbor", CLEAN, left(proxies=[{"dst": A}]).end(), FAIL, "proxy"),
    Row("rule", CLEAN, left(ruleset=FOREIGN_RULE).end(), FAIL, "SPEAKER"),
    Row("rule for one of two", CLEAN, of_two(ruleset=FOREIGN_RULE).end(), FAIL, "SPEAKER"),
    Row("other address", CLEAN, left(ruleset=FOREIGN_RULE.replace(A, f"{A}1")).end(), PASS),
    Row("table of its own", CLEAN, left(ruleset=FOREIGN_CHAIN).end(), FAIL, "metallb"),
    Row("interface", CLEAN, left(addresses=[{"ifname": "metallb0", "addr_info": []}]).end(), FAIL, "metallb0"),
    Row("answers on", CLEAN, rest(looked(uninstalled(served()).replied(A, "k1"))).end(), FAIL, "k1"),
    Row(
        "a stranger answers on", CLEAN, rest(looked(uninstalled(served()).replied(A, STRANGER))).end(), FAIL, "a stran"
    ),
    Row("finalizer", CLEAN, rest(finalized("x")).end(), FAIL, "web: a finalizer"),
    Row("finalizer that is taken off by hand", CLEAN, rest(finalized()).end(), FAIL, "web: a finalizer"),
    Row("rule further down", CLEAN, left(ruleset=FURTHER_DOWN).end(), FAIL, "SPEAKER"),
    Row("frames lost", CLEAN, rest(looked(uninstalled(served())), dropped=1).end(), UNKNOWN, "lost 1"),
    Row("watch broke", CLEAN, looked(uninstalled(served())).at(9).closed().end(), UNKNOWN, "watch"),
    Row("not looked", CLEAN, rest(uninstalled(served())).end(), UNKNOWN, "k1, k2, k3"),
    Row("looked before only", CLEAN, rest(uninstalled(looked(served()))).end(), UNKNOWN, "k1, k2, k3"),
    Row("another one asked", CLEAN, rest(looked(uninstalled(served(), B))).end(), UNKNOWN, "the wire"),
    Row(
        "asked before only", CLEAN, rest(looked(served().at(3).add("fault", "uninstall").at(4))).end(), UNKNOWN, "wire"
    ),
    Row("no address", CLEAN, rest(looked(untold())).end(), UNKNOWN, "gave no address"),
    Row("not answered before", CLEAN, rest(looked(uninstalled(shown().asked(A)))).end(), UNKNOWN, "not answered"),
    Row(
        "answered then only", CLEAN, rest(looked(uninstalled(shown()).replied(A, "k1"))).end(), UNKNOWN, "not answered"
    ),
    Row("never answered", CLEAN, rest(looked(uninstalled(Made().l2().declares().shows("web", A)))).end(), UNKNOWN),
    Row("no uninstall", CLEAN, rest(looked(served())).end(), UNKNOWN),
    Row("soon", AWAY, deleted(6).end(), PASS),
    Row("late", AWAY, deleted(11).end(), FAIL),
    Row("never", AWAY, deleted(None).at(20).end(), FAIL),
    Row("too short", AWAY, deleted(None).at(6).end(), UNKNOWN),
    Row("another one before", AWAY, deleted(6, before="old").end(), PASS, "1 Services"),
    Row("before", AWAY, served().wrote("delete", "Service", "web").at(20).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_orphans_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
