"""MetalLB's allocation rules, one row each: what its users rely on, and where lbkit means to differ (`lbkit:`).

Here: 1 what a Service may ask for, 2 how it comes to what it asks for.
Source: MetalLB `controller/service.go`, `internal/allocator/allocator.go`, its usage pages.

Pure.
"""

import pytest

from lbkit.allocator.decide import decide
from lbkit.allocator.outcome import Assign, Keep, Refuse
from lbkit.allocator.render import render
from lbkit.model.names import Reason
from lbkit.model.views import Key, Port
from lbkit.tests.allocator.build import NOW, book, given, pool, published, settle
from lbkit.tests.allocator.rules import DUAL, OFF, SIX, TCP, UDP, P, Q, Rule, hold, wish

RULES = [
    # 1 The Service's side of the contract
    Rule("1 spec.loadBalancerIP is honoured", [P], wish(load_balancer_ip="10.0.0.3"), ["10.0.0.3"]),
    Rule("1 loadBalancerIPs is honoured", [P], wish(loadBalancerIPs="10.0.0.3"), ["10.0.0.3"]),
    Rule(
        "1 both are an error",
        [P],
        wish(load_balancer_ip="10.0.0.3", loadBalancerIPs="10.0.0.3"),
        Reason.INVALID_REQUEST,
    ),
    Rule(
        "1 loadBalancerIPs: one of each family",
        [DUAL],
        wish(stack="46", loadBalancerIPs="10.0.5.3, 2001:db8:5::3"),
        ["10.0.5.3", "2001:db8:5::3"],
    ),
    Rule(
        "1 loadBalancerIPs: in any order, the primary family is shown first",
        [DUAL],
        wish(stack="46", loadBalancerIPs="2001:db8:5::3,10.0.5.3"),
        ["10.0.5.3", "2001:db8:5::3"],
    ),
    Rule(
        "1 loadBalancerIPs: not two of a family", [P], wish(loadBalancerIPs="10.0.0.1,10.0.0.2"), Reason.INVALID_REQUEST
    ),
    Rule(
        "1 loadBalancerIPs: of the Service's family",
        [DUAL],
        wish(loadBalancerIPs="2001:db8:5::3"),
        Reason.FAMILY_MISMATCH,
    ),
    Rule(
        "1 loadBalancerIPs: a PreferDualStack Service lists both",
        [DUAL],
        wish(stack="46", loadBalancerIPs="10.0.5.3"),
        Reason.FAMILY_MISMATCH,
    ),
    Rule("1 address-pool names the pool", [P, Q], wish(address_pool="q"), ["10.0.9.0"]),
    Rule("1 address-pool: no such pool", [P], wish(address_pool="x"), Reason.UNKNOWN_POOL),
    Rule(
        "1 the deprecated prefix counts",
        [P, Q],
        wish(annotations={"metallb.universe.tf/address-pool": "q"}),
        ["10.0.9.0"],
    ),
    Rule(
        "1 the new prefix wins over the deprecated one",
        [P, Q],
        wish(annotations={"metallb.universe.tf/address-pool": "x", "metallb.io/address-pool": "q"}),
        ["10.0.9.0"],
    ),
    Rule("1 lbkit: leading zeros are refused", [P], wish(loadBalancerIPs="010.0.0.1"), Reason.INVALID_REQUEST),
    Rule("1 lbkit: IPv4-mapped is refused", [P], wish(loadBalancerIPs="::ffff:10.0.0.1"), Reason.INVALID_REQUEST),
    Rule("1 a prefix is no address", [P], wish(loadBalancerIPs="10.0.0.1/32"), Reason.INVALID_REQUEST),
    Rule("1 a range is no address", [P], wish(loadBalancerIPs="10.0.0.1-10.0.0.2"), Reason.INVALID_REQUEST),
    Rule("1 space around an address means nothing", [P], wish(loadBalancerIPs=" 10.0.0.1 "), ["10.0.0.1"]),
    Rule("1 space alone asks for nothing", [P], wish(loadBalancerIPs="  "), ["10.0.0.0"]),
    Rule("1 a comma too many is refused", [P], wish(loadBalancerIPs="10.0.0.1,"), Reason.INVALID_REQUEST),
    Rule("1 space within is refused", [P], wish(loadBalancerIPs="10.0. 0.1"), Reason.INVALID_REQUEST),
    Rule("1 node ports are none of our business", [P], wish(ports=(Port("TCP", 80),)), ["10.0.0.0"]),
    Rule("1 protocols may be mixed", [P], wish(ports=(TCP, UDP, Port("SCTP", 53))), ["10.0.0.0"]),
    # 2 Convergence
    Rule("2 no load balancer, no address", [P], wish(is_load_balancer=False), []),
    Rule("2 no pool at all", [], wish(), Reason.NO_POOL_CONFIGURED),
    Rule("2 no cluster address", [P], wish(cluster_ips=()), Reason.NO_CLUSTER_IP),
    Rule(
        "2 RequireDualStack with one cluster address",
        [DUAL],
        wish(ip_family_policy="RequireDualStack"),
        Reason.NO_CLUSTER_IP,
    ),
    Rule("2 what it has it keeps", [P], wish(ingress=["10.0.0.3"]), ["10.0.0.3"]),
    Rule(
        "2 another family than before: another address", [DUAL], wish(stack="6", ingress=["10.0.5.3"]), ["2001:db8:5::"]
    ),
    Rule("2 an address no pool has is replaced", [P], wish(ingress=["192.0.2.1"]), ["10.0.0.0"]),
    Rule("2 and lost if there is none", [OFF], wish(ingress=["192.0.2.1"]), Reason.NO_POOL_MATCHES),
    Rule("2 another pool asked for: moved", [P, Q], wish(ingress=["10.0.0.3"], address_pool="q"), ["10.0.9.0"]),
    Rule(
        "2 another address asked for: moved", [P], wish(ingress=["10.0.0.3"], loadBalancerIPs="10.0.0.5"), ["10.0.0.5"]
    ),
    Rule("2 nonsense asked for: kept", [P], wish(ingress=["10.0.0.3"], loadBalancerIPs="x"), ["10.0.0.3"]),
    Rule(
        "2 the unavailable asked for: lost, as the request is what is wanted now",
        [P],
        wish(ingress=["10.0.0.3"], loadBalancerIPs="10.0.0.5"),
        Reason.ADDRESS_IN_USE,
        before=(wish("has", loadBalancerIPs="10.0.0.5"),),
    ),
    Rule(
        "2 PreferDualStack with one: the other is added from its pool",
        [P, DUAL],
        wish(stack="46", ingress=["10.0.5.3"]),
        ["10.0.5.3", "2001:db8:5::"],
    ),
    Rule("2 lbkit: or from another", [P, SIX], wish(stack="46", ingress=["10.0.0.3"]), ["10.0.0.3", "2001:db8::"]),
    Rule(
        "2 lbkit: also later, and what it has stays",
        [P],
        wish(stack="46", name="has"),
        ["10.0.0.0", "2001:db8::"],
        before=(wish("has", stack="46"),),
        after=[P, SIX],
    ),
    Rule("2 if there is none, one will do", [P], wish(stack="46", ingress=["10.0.0.3"]), ["10.0.0.3"]),
    Rule("2 but not under RequireDualStack", [P], wish(stack="46!", ingress=["10.0.0.3"]), Reason.FAMILY_MISMATCH),
    Rule(
        "2 single after dual: the family that is left keeps its address",
        [DUAL],
        wish(stack="6", ingress=["10.0.5.3", "2001:db8:5::3"]),
        ["2001:db8:5::3"],
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_rule(rule: Rule) -> None:
    """A row holds."""
    hold(rule)


def test_rules_have_different_names() -> None:
    """A row that hides another one tests nothing."""
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_who_waits_is_served_by_what_is_given_back_and_by_new_pools() -> None:
    """2 released addresses and changed pools give pending Services their turn."""
    opened = book(pool("p", "10.0.0.0/32"))
    settle(wish("a"), opened)
    waiting, outcome = settle(wish("b"), opened)
    assert isinstance(outcome, Refuse)
    assert not opened.given_back
    opened.release(Key("shop", "a"))
    assert opened.given_back
    assert given(decide(waiting, {}, opened)) == ["10.0.0.0"]


def test_the_pool_is_written_on_the_service() -> None:
    """1 ip-allocated-from-pool; lbkit: of two pools, both, in the order of the addresses."""
    for pools, expected in (([DUAL], "dual"), ([P, SIX], "p,six")):
        item = wish(stack="46")
        outcome = decide(item, {}, book(*pools))
        assert isinstance(outcome, Assign)
        after = published(item, render(item, outcome, NOW))
        assert after.annotations["metallb.io/ip-allocated-from-pool"] == expected
        assert isinstance(decide(after, {}, book(*pools)), Keep)
