"""Broken implementations the suite must catch: the catalogue's mutants and a few more, as histories of whole cases.

Each mutant is judged by the checks of a real case, so a case that drops the check which catches it fails here.
"""

from collections.abc import Mapping

import pytest

from conformance.selftest.made import NODES, POOL, POOL6, Made
from conformance.suite import catalog
from conformance.suite.case import judge
from conformance.suite.families import Loop
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


def careful_no_more() -> History:
    """A pool that avoids .0 and .255 gives all 256 addresses all the same."""
    made = Made().l2().wrote("apply", "IPAddressPool", "pool", addresses=["198.51.100.0/24"], avoidBuggyIPs=True)
    for number in range(256):
        made = made.created(f"web-{number}").at(1).shows(f"web-{number}", f"198.51.100.{number}")
    return made.watched().end()


def moved(old: str, new: str, leaks_s: float = 0) -> History:
    """A Service asks for another address and shows `new`; the old one is claimed for some time after that."""
    made = Made().l2().pool().opened().created("holder", "web").shows("holder", "10.10.0.209").at(1).shows("web", old)
    made = made.at(5).wrote("patch", "Service", "web", annotations={"metallb.io/loadBalancerIPs": "10.10.0.201"})
    made = made.at(5.1).shows("web", *[new] if new else [])
    for number in range(int(leaks_s)):
        made = made.at(6 + number).dialogue(old, "k1", 1)
    return made.at(20).closed().watched().end()


def sharer(errors: tuple[str, ...], silent: int = 0) -> History:
    """Two Services on one address, one is deleted, and the other loses requests or who-has questions."""
    made = Made().l2().pool().opened().created("leaving", "staying").shows("leaving", VIP).shows("staying", VIP).at(1)
    made = made.dialogue(VIP, "k1", 50).requested("staying", *[""] * 20).wrote("delete", "Service", "leaving")
    made = made.requested("staying", *errors)
    for _ in range(silent):
        made = made.asked(VIP).at(made.now_s + 0.1)
    return made.dialogue(VIP, "k1", 20).at(made.now_s + 1).closed().watched().end()


def overlap() -> History:
    """Two pools that overlap are both used, and their common address is given twice."""
    made = Made().l2().wrote("apply", "IPAddressPool", "one", addresses=[f"{VIP}-10.10.0.205"])
    made = made.wrote("apply", "IPAddressPool", "two", addresses=["10.10.0.204-10.10.0.209"]).created("a", "b")
    return made.shows("a", "10.10.0.204").shows("b", "10.10.0.204").told().watched().end()


def blind() -> History:
    """Who claims to detect strangers gives their address away and says nothing."""
    made = Made().l2().add("suite", "case", features=["conflict-detect"]).pool().opened()
    made = made.add("fault", "occupy", node="near", mac="02:00:00:00:00:64", address=VIP)
    made = made.replied(VIP, "02:00:00:00:00:64").at(1).created("first", "second").shows("first", VIP)
    return made.shows("second", "10.10.0.201").replied(VIP, "k1").at(9).told().watched().end()


def random_run(waiting: str, *, twice: bool = False) -> History:
    """Five hundred writes, after which somebody waits, though an address is free, or shows another one's address."""
    made = Made().l2().pool(f"{VIP}-10.10.0.219").at(1).killed().killed()
    made = made.created(*(f"s{number}" for number in range(500)))
    for number in range(19):
        made = made.shows(f"s{number}", f"10.10.0.{200 + number}")
    obj = {"metadata": {"name": waiting}, "spec": {"type": "LoadBalancer"}, "status": {}}
    made = made.add("kube", "service", type="MODIFIED", object=obj)
    return (made.shows("s20", VIP) if twice else made).at(90).watched().end()


def two_owners() -> History:
    """The old owner of a released address answers on after the new one has begun."""
    made = Made().l2().pool(f"{VIP}/32").opened().created("first").at(1).shows("first", VIP).dialogue(VIP, "k1", 3)
    made = made.created("second").at(3).wrote("delete", "Service", "first").shows("first", VIP, change="DELETED")
    made = made.shows("second", VIP).dialogue(VIP, "k2", 2).dialogue(VIP, "k1", 1).dialogue(VIP, "k2", 2)
    return made.at(20).closed().watched().end()


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


VIP6 = "fd00:10:10::200"


def dual(*addresses: str, asked: Mapping[Loop, str]) -> Made:
    """A Service shows some addresses, and each loop of requests ends like that."""
    made = Made().l2().pool(*POOL, *POOL6).opened().created("web").at(1).shows("web", *addresses)
    for loop, error in asked.items():
        made = made.at(8).requested(str(loop), *[""] * 30, error, *[""] * 30)
    return made


def restacked(before: tuple[str, ...], after: tuple[str, ...], *, leaks: bool = False) -> Made:
    """Two Services are changed at 20 seconds and show `after`; what they gave up is claimed on, or not."""
    made = dual(*before, asked={Loop("web", 4, "near"): "", Loop("web", 6, "near"): ""}).created("strict")
    made = made.shows("strict", *before).at(20).wrote("patch", "Service", "web").wrote("patch", "Service", "strict")
    made = made.at(21).shows("web", *after).shows("strict", *after).at(28)
    made = made.advertised(VIP6, "k1") if leaks else made
    return made.asked_by_ndp(VIP6).asked(VIP).at(40).closed().watched()


def single(*later: str) -> Made:
    """A Service has IPv4; a pool of IPv6 comes at ten seconds, and it shows `later` a second after that."""
    made = Made().declares(policies={"second-pool": "used"}).pool(*POOL).created("web").at(1).shows("web", VIP)
    made = made.at(10).wrote("apply", "IPAddressPool", "second", addresses=list(POOL6)).at(11)
    return made.shows("web", *later).at(30)


def asked_often(times: int, made: Made) -> Made:
    """Ask every 20 ms and get no answer."""
    for _ in range(times):
        made = made.asked(VIP).at(made.now_s + 0.02)
    return made


def owned(name: str, owner: str = "k1", **about: str) -> Made:
    """Two seconds of answers every 20 ms and of requests beside them, then a fault."""
    made = Made().l2().declares(failover_s=1.0).pool().opened().created("web").at(1).shows("web", VIP)
    return made.dialogue(VIP, owner, 100, every_s=0.02).fault(name, node=owner, **about)


def taken(made: Made, silent: int, errors: tuple[str, ...] = ()) -> History:
    """After some silence k2 tells everybody and answers; the loop of requests ends like that."""
    made = asked_often(silent, made).told_gratuitously(VIP, "k2").dialogue(VIP, "k2", 100, every_s=0.02)
    end_s = made.now_s
    made = made.at(1).requested("web by IPv4", *[""] * 102, *(errors or [""] * 150), every_s=0.02)
    return made.at(max(end_s, made.now_s) + 1).closed().watched().end()


def quarrel(name: str, lasting_s: float) -> History:
    """Two answer for one address for a while."""
    made = owned(name)
    end_s = made.now_s + lasting_s
    while made.now_s < end_s:
        made = made.dialogue(VIP, "k2", 1, every_s=0.01).dialogue(VIP, "k1", 1, every_s=0.01)
    return made.dialogue(VIP, "k2", 100, every_s=0.02).at(made.now_s + 1).closed().watched().end()


def stray(name: str) -> History:
    """The node that was lost says one word when it is back."""
    made = asked_often(20, owned(name)).told_gratuitously(VIP, "k2").dialogue(VIP, "k2", 100, every_s=0.02)
    made = made.replied(VIP, "k1").dialogue(VIP, "k2", 100, every_s=0.02)
    return made.at(made.now_s + 1).closed().watched().end()


def restless(turns: int) -> History:
    """A node that is back takes its address, loses it, takes it again."""
    made = owned("unplugged")
    for turn in range(turns):
        made = made.at(made.now_s + 1).dialogue(VIP, ("k2", "k1")[turn % 2], 20)
    return made.at(made.now_s + 1).closed().watched().end()


def by_ndp(flags: int, form: str = "broadcast", times: int = 25) -> History:
    """An IPv6 address is answered for with odd flags."""
    made = Made().l2().pool(*POOL6).opened().created("web").at(1).shows("web", VIP6).at(4)
    for _ in range(times):
        made = made.asked_by_ndp(VIP6, form)
        made = (made.told_all(VIP6, "k1", flags) if form == "probe" else made.advertised(VIP6, "k1", flags=flags)).at(
            made.now_s + 0.1
        )
    return made.closed().watched().end()


def elsewhere() -> History:
    """An address for one interface is told of on another one as well."""
    made = Made().l2().pool().opened().created("all", "one").at(1).shows("all", "10.10.0.201").shows("one", VIP)
    made = made.dialogue(VIP, "k1", 10)
    for address in ("10.10.0.201", VIP):
        frame = Made().replied(address, "k1").events[0].data["hex"]
        made = made.asked("10.10.0.201").add("wire", "frame", observer="spare", direction="in", hex=frame)
    return made.closed().watched().end()


def left_alone(second: str) -> History:
    """Nothing happens for a minute, and another node answers in the end."""
    made = Made().l2().pool().opened().at(1)
    for number in range(3):
        made = made.created(f"web-{number}").shows(f"web-{number}", f"10.10.0.{200 + number}")
    made = made.at(5).mark("idle")
    for number in range(30):
        for last in range(3):
            made = made.dialogue(f"10.10.0.{200 + last}", second if number > 20 else "k1", 1, every_s=0.5)
    return made.at(60).closed().watched().end()


NEAR, FAR = Loop("web", 6, "near"), Loop("web", 6, "far")
MUTANTS = (
    ("gives IPv4 to a Service with IPv6 alone", "IPAM-031", dual(VIP, asked={}).at(9).end()),
    ("answers IPv6 on the LAN only", "IPAM-031", dual(VIP6, asked={NEAR: "", FAR: "timeout"}).end()),
    ("shows IPv4 first", "IPAM-032", dual(VIP, asked={}).at(2).shows("web", VIP, VIP6).watched().end()),
    ("never takes the second family", "IPAM-033", single(VIP).end()),
    ("starts over for the second family", "IPAM-033", single("10.10.0.201", VIP6).end()),
    ("starts over with a second family", "IPAM-035", restacked(("10.10.0.201",), (VIP, VIP6)).end()),
    ("starts over with one family", "IPAM-036", restacked(("10.10.0.201", VIP6), (VIP,)).end()),
    ("m3 leaks the family that was given up", "IPAM-036", restacked((VIP, VIP6), (VIP,), leaks=True).end()),
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
    ("m4 hands out .0 and .255", "IPAM-022", careful_no_more()),
    ("m3 leaks the old address", "IPAM-016", moved(VIP, "10.10.0.201", leaks_s=9)),
    ("keeps the old address", "IPAM-016", moved(VIP, VIP)),
    ("gives a third address", "IPAM-016", moved(VIP, "10.10.0.207")),
    ("gives no address any more", "IPAM-016", moved(VIP, "")),
    ("drops a request to the other sharer", "IPAM-026", sharer(("",) * 50 + ("refused",) + ("",) * 50)),
    ("falls silent for the other sharer", "IPAM-026", sharer(("",) * 100, silent=3)),
    ("m11 gives an address of two pools twice", "IPAM-028", overlap()),
    ("does not see the stranger it claims to see", "IPAM-029", blind()),
    ("lets a Service wait", "IPAM-030", random_run("s19")),
    ("m11 gives an address twice", "IPAM-030", random_run("s19", twice=True)),
    ("m1 two owners while it is passed on", "IPAM-006", two_owners()),
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
    ("m1 another owner for no reason", "L2-009", left_alone("k2")),
    ("answers without S", "L2-010", by_ndp(0x20)),
    ("does not override", "L2-010", by_ndp(0x40)),
    ("says S to a probe", "L2-011", by_ndp(0x60, "probe", 5)),
    ("m8 never tells unasked", "L2-012", by_ndp(0x60)),
    ("ignores interfaces", "L2-014", elsewhere()),
    ("ignores interfaces", "L2-030", elsewhere()),
    (
        "m10 announces before the status",
        "L2-028",
        resting(
            Made()
            .l2()
            .pool()
            .opened()
            .replied(VIP, "k1")
            .at(3)
            .created("web-0", "web-1", "web-2")
            .shows("web-0", VIP)
            .shows("web-1", "10.10.0.201")
            .shows("web-2", "10.10.0.202")
        ),
    ),
    ("takes over late", "FO-003", taken(owned("links-lost"), 80)),
    ("m8 tells nobody of a take-over", "FO-003", resting(owned("links-lost").dialogue(VIP, "k2", 100, every_s=0.02))),
    ("loses clients for two seconds", "FO-003", taken(owned("links-lost"), 20, ("timeout",) * 100 + ("",) * 50)),
    ("never takes over", "FO-003", resting(asked_often(100, owned("links-lost")))),
    ("m1 no fence", "FO-006", quarrel("split", 0.4)),
    ("m1 no terms", "FO-005", quarrel("api-cut", 0.1)),
    ("answers from the past", "FO-004", stray("frozen")),
    ("no stickiness", "FO-004", restless(6)),
    ("m1 two for half a second", "FO-002", quarrel("renew", 0.5)),
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
