"""The judges of an uninstall, on hand-made histories that pass, fail and decide nothing."""

from typing import Any

import pytest

from conformance.selftest.made import NODES, Made, Row
from conformance.suite.checks import orphans
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A = "10.10.0.200"
CLEAN = orphans.nothing_left()
AWAY = orphans.taken_away(5)
RULES = """table ip nat {
\tchain KUBE-EXT-X {
\t\tip daddr 10.10.0.200 tcp dport 80 jump KUBE-SVC-X
\t}
}
"""
"""kube-proxy's, and right as long as the Service shows the address."""


def served() -> Made:
    """A Service has an address, and k1 answers for it, under a capture."""
    return Made().l2().declares().opened().created("web").at(1).shows("web", A).dialogue(A, "k1", 3).at(2)


def looked(made: Made, **state: Any) -> Made:  # Any: JSON
    """Every node is looked at; only k1 has anything unusual."""
    for node in NODES:
        found = {"addresses": [], "routes": [], "proxies": [], "ruleset": RULES} | (state if node == "k1" else {})
        made = made.add("node", "state", node=node, asked_ns=0, **found)
    return made


def uninstalled(made: Made) -> Made:
    """The load balancer goes at three seconds, and the address is asked for at four."""
    return made.at(3).add("fault", "uninstall").at(4).asked(A)


def rest(made: Made) -> Made:
    """Capture and watch end well."""
    return made.at(9).closed().watched()


def left(**state: Any) -> Made:  # Any: JSON
    """Uninstalled, with something on k1."""
    return rest(looked(uninstalled(served()), **state))


def deleted(end_s: float | None) -> Made:
    """The Service is deleted after the uninstall, at five seconds."""
    made = uninstalled(served()).at(5).wrote("delete", "Service", "web")
    return made if end_s is None else made.at(end_s).shows("web", A, change="DELETED")


BOUND = [{"ifname": "lo", "addr_info": [{"local": A}]}]
FOREIGN_RULE = RULES.replace("KUBE-EXT-X", "SPEAKER")
FOREIGN_CHAIN = "table inet metallb {\n\tchain drop {\n\t}\n}\n"
HELD = {"metadata": {"name": "web", "uid": "web", "finalizers": ["x"]}, "status": {"loadBalancer": {}}}

ROWS = (
    Row("nothing", CLEAN, left().end(), PASS, "1 addresses"),
    Row("address", CLEAN, left(addresses=BOUND).end(), FAIL, "interface lo"),
    Row("of kube-proxy", CLEAN, left(addresses=[BOUND[0] | {"ifname": "kube-ipvs0"}]).end(), PASS),
    Row("route", CLEAN, left(routes=[{"dst": A, "dev": "eth1"}]).end(), FAIL, "route"),
    Row("proxied neighbor", CLEAN, left(proxies=[{"dst": A}]).end(), FAIL, "proxy"),
    Row("rule", CLEAN, left(ruleset=FOREIGN_RULE).end(), FAIL, "SPEAKER"),
    Row("other address", CLEAN, left(ruleset=FOREIGN_RULE.replace(A, f"{A}1")).end(), PASS),
    Row("table of its own", CLEAN, left(ruleset=FOREIGN_CHAIN).end(), FAIL, "metallb"),
    Row("interface", CLEAN, left(addresses=[{"ifname": "metallb0", "addr_info": []}]).end(), FAIL, "metallb0"),
    Row("answers on", CLEAN, rest(looked(uninstalled(served()).replied(A, "k1"))).end(), FAIL, "k1"),
    Row(
        "finalizer",
        CLEAN,
        rest(looked(uninstalled(served().add("kube", "service", type="MODIFIED", object=HELD)))).end(),
        FAIL,
        "finalizer",
    ),
    Row("not looked", CLEAN, rest(uninstalled(served())).end(), UNKNOWN),
    Row("not asked", CLEAN, rest(looked(served().at(3).add("fault", "uninstall"))).end(), UNKNOWN),
    Row("never answered", CLEAN, rest(looked(uninstalled(Made().l2().declares().shows("web", A)))).end(), UNKNOWN),
    Row("no uninstall", CLEAN, rest(looked(served())).end(), UNKNOWN),
    Row("soon", AWAY, deleted(6).end(), PASS),
    Row("late", AWAY, deleted(11).end(), FAIL),
    Row("never", AWAY, deleted(None).at(20).end(), FAIL),
    Row("too short", AWAY, deleted(None).at(6).end(), UNKNOWN),
    Row("before", AWAY, served().wrote("delete", "Service", "web").at(20).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_orphans_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
