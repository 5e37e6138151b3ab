"""Broken implementations the suite must catch: the catalogue's mutants and a few more, as histories of whole cases.

Each mutant is judged by the checks of a real case, so a case that drops the check which catches it fails here.
"""

import pytest

from conformance.selftest.made import NODES, Made
from conformance.suite import catalog
from conformance.suite.case import judge
from conformance.suite.history import History
from conformance.suite.verdict import Outcome, worst

VIP = "10.10.0.200"


def served(*addresses: str) -> Made:
    """One Service, its status at one second, under a capture."""
    made = Made().l2().pool().opened().at(0.9).created("web").at(1)
    return made.shows("web", *(addresses or (VIP,)))


def unanswered(times: int) -> History:
    """Questions go out and nothing comes back."""
    made = served()
    for number in range(times):
        made = made.at(2 + number / 5).asked(VIP)
    return made.closed().end()


def leak() -> History:
    """The first Service is deleted, and its node goes on answering."""
    made = served().at(1.5).dialogue(VIP, "k1", 3).at(2).wrote("delete", "Service", "web")
    made = made.shows("web", VIP, change="DELETED").at(7).add("suite", "mark", name="silence-from")
    made = made.at(8).dialogue(VIP, "k1", 3).at(12).add("suite", "mark", name="silence-until")
    made = made.created("second").at(12.5).shows("second", VIP).dialogue(VIP, "k2", 2)
    return made.closed().add("kube", "complete").end()


def class_ignored() -> History:
    """A Service of a foreign class is given an address, like its neighbour."""
    made = Made().l2().pool().created("foreign", loadBalancerClass="example.org/x").created("ours")
    made = made.service("foreign", "ADDED").at(1).shows("foreign", VIP).shows("ours", "10.10.0.201")
    return made.at(12).told().watched().end()


def pool_overrun() -> History:
    """Six Services have an address, though the pool holds four."""
    made = Made().l2().pool(f"{VIP}-10.10.0.203")
    for number in range(6):
        made = made.created(f"web-{number}").shows(f"web-{number}", f"10.10.0.{200 + number}")
    return made.at(12).told().watched().end()


def renumbered(*between: str) -> History:
    """Twenty Services, the controller killed, and one Service that shows something else before it is as it was."""
    made = Made().l2().pool()
    for number in range(20):
        made = made.created(f"web-{number}").at(1).shows(f"web-{number}", f"10.10.0.{200 + number}")
    made = made.at(2).killed().shows("web-3", *between).at(70).shows("web-3", "10.10.0.203")
    return made.created("later").shows("later", "10.10.0.230").watched().end()


def shared(*answers: str) -> History:
    """Two Services on one address, of which the second answers its client like that."""
    made = Made().l2().pool().created("metrics", "web").at(1).shows("metrics", VIP).shows("web", VIP)
    return made.at(4).requested("web", *[""] * 30).requested("metrics", *answers).at(20).end()


def wide_route() -> Made:
    """Every node advertises the address's whole /24."""
    made = Made().bgp().pool("10.100.0.3/32").created("web").at(1).shows("web", "10.100.0.3").at(9)
    for router in ("tor1", "tor2"):
        made = made.rib(router, *(("10.100.0.0/24", node) for node in NODES))
    return made


def resting(made: Made) -> History:
    """Capture and watch end well, long after."""
    return made.at(30).told().closed().watched().end()


def looked_at(made: Made) -> Made:
    """After an uninstall every node is looked at, and k1 still bears the address."""
    made = made.declares().at(3).add("fault", "uninstall").at(4).asked(VIP)
    for node in NODES:
        bound = [{"ifname": "dummy0", "addr_info": [{"local": VIP}]}] if node == "k1" else []
        state = {"addresses": bound, "routes": [], "proxies": [], "ruleset": ""}
        made = made.add("node", "state", node=node, asked_ns=0, **state)
    return made


def excluded(owner: str) -> Made:
    """k1 is excluded from three seconds on, and somebody answers."""
    noted = {"verb": "patch", "object_kind": "Node", "name": "k1"}
    label = {"metadata": {"labels": {"node.kubernetes.io/exclude-from-external-load-balancers": ""}}}
    made = served().dialogue(VIP, "k1", 3).at(3).add("drive", "write", phase="invoke", **noted)
    return made.add("drive", "write", phase="ok", object=label, **noted).at(9).dialogue(VIP, owner, 40)


def by_hand(**fields: object) -> Made:
    """A load balancer owns a part of a Service."""
    owner = {"manager": "controller", "subresource": "status", "fieldsV1": fields}
    ingress = {"ingress": [{"ip": VIP, "ipMode": "VIP"}]}
    made = Made().declares().pool().created("web", "other").shows("other", VIP)
    return made.service("web", managedFields=[owner], loadBalancer=ingress)


MUTANTS = (
    ("m1 answers from two nodes", "L2-002", served().dialogue(VIP, "k1", 25).dialogue(VIP, "k2", 25).closed().end()),
    ("m1 one gratuitous reply more", "L2-002", served().dialogue(VIP, "k1", 50).replied(VIP, "k3").closed().end()),
    ("m2 never answers", "L2-001", served().at(2).asked(VIP).at(9).asked(VIP).closed().end()),
    ("m2 never answers", "L2-002", unanswered(50)),
    ("m3 leaks after delete", "IPAM-006", leak()),
    ("m4 hands out an address outside the pool", "IPAM-001", served("10.10.9.0").end()),
    ("m4 hands out an address outside the pool", "IPAM-002", served("10.10.9.0").end()),
    ("m4 hands out more than the pool holds", "IPAM-004", pool_overrun()),
    ("m9 flips an address on restart", "IPAM-008", renumbered("10.10.0.240")),
    ("m9 empties a status on restart", "IPAM-008", renumbered()),
    ("serves one sharer only", "IPAM-023", shared(*["timeout"] * 100)),
    ("serves one sharer now and then", "IPAM-023", shared(*["", "reset"] * 30)),
    ("m5 advertises the /24", "BGP-003", wide_route().end()),
    ("m5 advertises the /24", "BGP-005", wide_route().end()),
    ("m7 ignores the class", "API-001", class_ignored()),
    ("writes labels", "API-004", resting(by_hand(**{"f:metadata": {"f:labels": {}}}))),
    (
        "says Proxy",
        "API-006",
        resting(served().service("local", loadBalancer={"ingress": [{"ip": VIP, "ipMode": "Proxy"}]})),
    ),
    ("announces without its finalizer", "API-010", resting(served().dialogue(VIP, "k1", 3))),
    ("leaves an address on a node", "API-012", resting(looked_at(served().dialogue(VIP, "k1", 3)))),
    ("answers from an excluded node", "API-020", resting(excluded("k1"))),
)


@pytest.mark.parametrize(
    ("what", "case_id", "history"), MUTANTS, ids=[f"{m[1]}-{m[0]}".replace(" ", "-") for m in MUTANTS]
)
def test_mutant_fails_its_case(what: str, case_id: str, history: History) -> None:
    """A history of a mutant is a FAIL, not merely UNKNOWN, under the case that is there to catch it."""
    verdict = worst(judge(catalog.cases()[case_id], history))
    assert verdict.outcome is Outcome.FAIL, f"{what}: {verdict}"


@pytest.mark.parametrize("case_id", sorted(i for i, case in catalog.cases().items() if case.features != ("lab",)))
def test_no_load_balancer_passes_no_case(case_id: str) -> None:
    """With nothing seen but the lab and the Service, no case passes: the null target fails everything."""
    made = Made().l2() if catalog.cases()[case_id].lab == "l2" else Made().bgp()
    history = made.pool().created("web").at(60).end()
    assert worst(judge(catalog.cases()[case_id], history)).outcome is not Outcome.PASS
