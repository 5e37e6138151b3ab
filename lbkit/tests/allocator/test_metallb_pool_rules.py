"""MetalLB's allocation rules, one row each: what its users rely on, and where lbkit means to differ (`lbkit:`).

Here: 3 which pool and which address, 4 sharing, 5 the life of a pool.
Source: MetalLB `controller/service.go`, `internal/allocator/allocator.go`, its usage pages.

Pure.
"""

from dataclasses import replace

import pytest

from lbkit.allocator.decide import decide_all
from lbkit.allocator.outcome import Refuse
from lbkit.allocator.pools import Pools
from lbkit.model.names import Reason
from lbkit.model.views import Key
from lbkit.tests.allocator.build import book, given, pinned, pool, select, settle
from lbkit.tests.allocator.rules import DUAL, NAMESPACES, OFF, SIX, TCP, UDP, P, Q, Rule, hold, wish

RULES = [
    # 3 Order and choice
    Rule("3 explicit addresses ignore autoAssign", [OFF], wish(loadBalancerIPs="10.0.7.3"), ["10.0.7.3"]),
    Rule(
        "3 explicit addresses respect namespaces",
        [pinned("pin", "10.0.6.0/29", namespaces=frozenset({"bar"}))],
        wish(loadBalancerIPs="10.0.6.3"),
        Reason.POOL_NOT_ALLOWED,
    ),
    Rule(
        "3 explicit addresses respect service selectors",
        [pinned("pin", "10.0.6.0/29", service_selectors=(select(tier="web"),))],
        wish(loadBalancerIPs="10.0.6.3"),
        Reason.POOL_NOT_ALLOWED,
    ),
    Rule(
        "3 explicit addresses outside every pool", [P], wish(loadBalancerIPs="192.0.2.1"), Reason.ADDRESS_OUTSIDE_POOLS
    ),
    Rule(
        "3 explicit addresses and pool must agree",
        [P, Q],
        wish(loadBalancerIPs="10.0.0.1", address_pool="q"),
        Reason.POOL_NOT_ALLOWED,
    ),
    Rule(
        "3 lbkit: explicit addresses may be of two pools",
        [P, SIX],
        wish(stack="46!", loadBalancerIPs="10.0.0.1,2001:db8::1"),
        ["10.0.0.1", "2001:db8::1"],
    ),
    Rule("3 an explicit pool ignores autoAssign", [P, OFF], wish(address_pool="off"), ["10.0.7.0"]),
    Rule(
        "3 an explicit pool respects serviceAllocation",
        [pinned("pin", "10.0.6.0/29", namespaces=frozenset({"bar"}))],
        wish(address_pool="pin"),
        Reason.POOL_NOT_ALLOWED,
    ),
    Rule(
        "3 lbkit: a selector that matches no namespace lets nobody in, also on request",
        [pinned("pin", "10.0.6.0/29", namespace_selectors=(select(team="green"),))],
        wish(address_pool="pin"),
        Reason.POOL_NOT_ALLOWED,
    ),
    Rule("3 autoAssign off is not used unasked", [OFF], wish(), Reason.NO_POOL_MATCHES),
    Rule("3 pinned pools come first", [P, pinned("z", "10.0.6.0/29", priority=9)], wish(), ["10.0.6.0"]),
    Rule(
        "3 the smaller priority first",
        [pinned("a", "10.0.6.0/29", priority=9), pinned("b", "10.0.8.0/29", priority=2)],
        wish(),
        ["10.0.8.0"],
    ),
    Rule(
        "3 priority 0 last",
        [pinned("a", "10.0.6.0/29", priority=0), pinned("b", "10.0.8.0/29", priority=2)],
        wish(),
        ["10.0.8.0"],
    ),
    Rule(
        "3 lbkit: of one priority, by name",
        [pinned("b", "10.0.6.0/29", priority=2), pinned("a", "10.0.8.0/29", priority=2)],
        wish(),
        ["10.0.8.0"],
    ),
    Rule("3 lbkit: generic pools by name", [Q, P], wish(), ["10.0.0.0"]),
    Rule(
        "3 namespaces and namespace selectors are a union",
        [
            pinned(
                "pin",
                "10.0.6.0/29",
                namespaces=frozenset({"bar"}),
                namespace_selectors=(select(team="red"),),
            )
        ],
        wish(),
        ["10.0.6.0"],
    ),
    Rule(
        "3 namespaces and service selectors must both match",
        [pinned("pin", "10.0.6.0/29", namespaces=frozenset({"shop"}), service_selectors=(select(tier="web"),))],
        wish(labels={"tier": "db"}),
        Reason.NO_POOL_MATCHES,
    ),
    Rule(
        "3 one of the service selectors is enough",
        [pinned("pin", "10.0.6.0/29", service_selectors=(select(tier="x"), select(tier="web")))],
        wish(labels={"tier": "web"}),
        ["10.0.6.0"],
    ),
    Rule("3 a priority alone restricts nobody", [pinned("pin", "10.0.6.0/29", priority=1)], wish(), ["10.0.6.0"]),
    Rule(
        "3 full pinned pools fall through to generic ones",
        [pinned("pin", "10.0.6.0/32", priority=1), P],
        wish(),
        ["10.0.0.0"],
        before=(wish("first"),),
    ),
    Rule("3 ranges in the order written", [pool("p", "10.0.0.8/30", "10.0.0.0/30")], wish(), ["10.0.0.8"]),
    Rule("3 the lowest free address", [P], wish(), ["10.0.0.1"], before=(wish("first"),)),
    Rule("3 buggy addresses are left out", [pool("p", "10.0.0.0/29", avoid_buggy_ips=True)], wish(), ["10.0.0.1"]),
    Rule(
        "3 lbkit: of IPv6 routers' anycast addresses, too",
        [pool("p", "2001:db8::/125", avoid_buggy_ips=True)],
        wish(stack="6"),
        ["2001:db8::1"],
    ),
    Rule(
        "3 also on request",
        [pool("p", "10.0.0.0/29", avoid_buggy_ips=True)],
        wish(loadBalancerIPs="10.0.0.0"),
        Reason.ADDRESS_OUTSIDE_POOLS,
    ),
    Rule("3 all of a /24 can be used otherwise", [pool("p", "10.0.0.255/32")], wish(), ["10.0.0.255"]),
    Rule("3 SingleStack: that family only", [SIX, P], wish(), ["10.0.0.0"]),
    Rule(
        "3 RequireDualStack: the first pool with both", [P, SIX, DUAL], wish(stack="46!"), ["10.0.5.0", "2001:db8:5::"]
    ),
    Rule("3 lbkit: or a pool for each", [P, SIX], wish(stack="46!"), ["10.0.0.0", "2001:db8::"]),
    Rule("3 never one of two", [P], wish(stack="46!"), Reason.FAMILY_MISMATCH),
    Rule(
        "3 PreferDualStack: a pool with both beats a better one with one",
        [pinned("a", "10.0.6.0/29", priority=1), DUAL],
        wish(stack="46"),
        ["10.0.5.0", "2001:db8:5::"],
    ),
    Rule("3 PreferDualStack: else the primary family", [SIX], wish(stack="64"), ["2001:db8::"]),
    Rule("3 PreferDualStack: else the secondary", [P], wish(stack="64"), ["10.0.0.0"]),
    Rule("3 the primary family is shown first", [DUAL], wish(stack="64"), ["2001:db8:5::", "10.0.5.0"]),
    Rule("3 a full pool refuses", [pool("p", "10.0.0.0/32")], wish(), Reason.POOL_EXHAUSTED, before=(wish("first"),)),
    # 4 Sharing
    Rule(
        "4 one key, other ports: one address",
        [P],
        wish(allow_shared_ip="k", ports=(UDP,)),
        ["10.0.0.0"],
        before=(wish("a", allow_shared_ip="k", ports=(TCP,)),),
    ),
    Rule(
        "4 one key, one port: another address",
        [P],
        wish(allow_shared_ip="k", ports=(TCP,)),
        ["10.0.0.1"],
        before=(wish("a", allow_shared_ip="k", ports=(TCP,)),),
    ),
    Rule(
        "4 one key, one port, on request: refused",
        [P],
        wish(allow_shared_ip="k", ports=(TCP,), loadBalancerIPs="10.0.0.0"),
        Reason.ADDRESS_IN_USE,
        before=(wish("a", allow_shared_ip="k", ports=(TCP,)),),
    ),
    Rule(
        "4 two keys never",
        [P],
        wish(allow_shared_ip="m", ports=(UDP,), loadBalancerIPs="10.0.0.0"),
        Reason.ADDRESS_IN_USE,
        before=(wish("a", allow_shared_ip="k", ports=(TCP,)),),
    ),
    Rule(
        "4 without a key never",
        [P],
        wish(ports=(UDP,), loadBalancerIPs="10.0.0.0"),
        Reason.ADDRESS_IN_USE,
        before=(wish("a", ports=(TCP,)),),
    ),
    Rule(
        "4 Local: the same pods",
        [P],
        wish(allow_shared_ip="k", ports=(UDP,), external_traffic_policy="Local"),
        ["10.0.0.0"],
        before=(wish("a", allow_shared_ip="k", ports=(TCP,), external_traffic_policy="Local"),),
    ),
    Rule(
        "4 Local: other pods, another address",
        [P],
        wish(allow_shared_ip="k", ports=(UDP,), external_traffic_policy="Local", selector="app=x"),
        ["10.0.0.1"],
        before=(wish("a", allow_shared_ip="k", ports=(TCP,), external_traffic_policy="Local"),),
    ),
    Rule(
        "4 a sole holder may change its key",
        [P],
        wish("a", allow_shared_ip="new", ports=(TCP,)),
        ["10.0.0.0"],
        before=(wish("a", allow_shared_ip="k", ports=(TCP,)),),
    ),
    Rule(
        "4 one of two that changes its key moves",
        [P],
        wish("b", allow_shared_ip="new", ports=(UDP,)),
        ["10.0.0.1"],
        before=(wish("a", allow_shared_ip="k", ports=(TCP,)), wish("b", allow_shared_ip="k", ports=(UDP,))),
    ),
    Rule(
        "4 lbkit: not across namespaces",
        [P],
        wish("bar/b", allow_shared_ip="k", ports=(UDP,)),
        ["10.0.0.1"],
        before=(wish("a", allow_shared_ip="k", ports=(TCP,)),),
    ),
    Rule(
        "4 lbkit: unless the pool allows it",
        [replace(P, sharing_namespaces=frozenset({"shop", "bar"}))],
        wish("bar/b", allow_shared_ip="k", ports=(UDP,)),
        ["10.0.0.0"],
        before=(wish("a", allow_shared_ip="k", ports=(TCP,)),),
    ),
    Rule(
        "4 lbkit: or both Services do",
        [P],
        wish(
            "bar/b",
            ports=(UDP,),
            annotations={"metallb.io/allow-shared-ip": "k", "lbkit.io/share-with-namespaces": "shop"},
        ),
        ["10.0.0.0"],
        before=(
            wish(
                "a",
                ports=(TCP,),
                annotations={"metallb.io/allow-shared-ip": "k", "lbkit.io/share-with-namespaces": "*"},
            ),
        ),
    ),
    Rule(
        "4 lbkit: one of them is not enough",
        [P],
        wish(
            "bar/b",
            ports=(UDP,),
            annotations={"metallb.io/allow-shared-ip": "k", "lbkit.io/share-with-namespaces": "*"},
        ),
        ["10.0.0.1"],
        before=(wish("a", allow_shared_ip="k", ports=(TCP,)),),
    ),
    # 5 Life of a pool
    Rule("5 a deleted pool takes its addresses with it", [P, Q], wish("a"), ["10.0.9.0"], (wish("a"),), after=[Q]),
    Rule("5 the last one too", [P], wish("a"), Reason.NO_POOL_CONFIGURED, (wish("a"),), after=[]),
    Rule(
        "5 a smaller pool keeps who still fits",
        [P],
        wish("b"),
        ["10.0.0.1"],
        (wish("a"), wish("b")),
        [pool("p", "10.0.0.1/32")],
    ),
    Rule("5 and moves who does not", [P], wish("a"), ["10.0.0.4"], (wish("a"),), [pool("p", "10.0.0.4/30")]),
    Rule(
        "5 a pool of another name is as good", [P], wish("a"), ["10.0.0.0"], (wish("a"),), [pool("new", "10.0.0.0/29")]
    ),
    Rule(
        "5 autoAssign off takes nothing away",
        [P],
        wish("a"),
        ["10.0.0.0"],
        (wish("a"),),
        [replace(P, auto_assign=False)],
    ),
    Rule(
        "5 serviceAllocation does",
        [P, Q],
        wish("a"),
        ["10.0.9.0"],
        (wish("a"),),
        [pinned("p", "10.0.0.0/29", namespaces=frozenset({"bar"})), Q],
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_rule(rule: Rule) -> None:
    """A row holds."""
    hold(rule)


def test_rules_have_different_names() -> None:
    """A row that hides another one tests nothing."""
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_a_smaller_pool_never_gives_one_address_to_two() -> None:
    """5 who has to leave shows the old address until its write is done; nobody gets it before."""
    opened = book(P)
    first, _ = settle(wish("a"), opened)
    opened.use_pools(Pools([pinned("p", "10.0.0.0/29", service_selectors=(select(tier="web"),))]))
    outcomes = decide_all([first, wish("new", labels={"tier": "web"})], NAMESPACES, opened)
    assert isinstance(outcomes[first.key], Refuse)
    assert given(outcomes[Key("shop", "new")]) == ["10.0.0.1"]
