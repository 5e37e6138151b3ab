"""Rules for deciding which addresses a Service has.

Pure.
"""

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from lbkit.allocator.decide import decide, decide_all
from lbkit.allocator.outcome import Assign, Keep, Refuse, Release
from lbkit.allocator.pools import Pools
from lbkit.allocator.render import render
from lbkit.model.names import Reason
from lbkit.model.views import Key, Pool, Port, Service
from lbkit.tests.allocator.build import NOW, book, given, pinned, pool, published, service, settle

V4 = pool("v4", "10.0.0.0/30")
V6 = pool("v6", "2001:db8::/126")
DUAL = pool("dual", "10.0.9.0/30", "2001:db8:9::/126")
PREFER: dict[str, Any] = {"families": (4, 6), "ip_family_policy": "PreferDualStack"}
REQUIRE: dict[str, Any] = {"families": (4, 6), "ip_family_policy": "RequireDualStack"}


@pytest.mark.parametrize(
    ("pools", "change", "expected"),
    [
        pytest.param([V4], {}, ["10.0.0.0"], id="lowest address"),
        pytest.param([V4, pinned("pin", "10.0.5.0/30")], {}, ["10.0.5.0"], id="pinned pool before generic"),
        pytest.param([V6, V4], {"families": (6,)}, ["2001:db8::"], id="IPv6"),
        pytest.param(
            [pool("off", "10.0.7.0/30", auto_assign=False)],
            {"annotations": {"address-pool": "off"}},
            ["10.0.7.0"],
            id="autoAssign off, asked for",
        ),
        pytest.param([V4], {"annotations": {"loadBalancerIPs": "10.0.0.2"}}, ["10.0.0.2"], id="explicit address"),
        pytest.param([V4], {"load_balancer_ip": "10.0.0.2"}, ["10.0.0.2"], id="deprecated field"),
        pytest.param([DUAL], REQUIRE, ["10.0.9.0", "2001:db8:9::"], id="both families"),
        pytest.param([DUAL], REQUIRE | {"families": (6, 4)}, ["2001:db8:9::", "10.0.9.0"], id="primary family first"),
        pytest.param(
            [pool("a", "10.0.8.0/30"), DUAL],
            PREFER,
            ["10.0.9.0", "2001:db8:9::"],
            id="a pool with both beats an earlier one with one",
        ),
        pytest.param([V4, V6], PREFER, ["10.0.0.0", "2001:db8::"], id="PreferDualStack: a pool for each family"),
        pytest.param([V4, V6], REQUIRE, ["10.0.0.0", "2001:db8::"], id="RequireDualStack: a pool for each family"),
        pytest.param([V4], PREFER, ["10.0.0.0"], id="PreferDualStack: the primary alone"),
        pytest.param(
            [V4, V6],
            REQUIRE | {"annotations": {"loadBalancerIPs": "10.0.0.1,2001:db8::1"}},
            ["10.0.0.1", "2001:db8::1"],
            id="explicit addresses of two pools",
        ),
        pytest.param([V6], PREFER, ["2001:db8::"], id="PreferDualStack: the secondary at last"),
        pytest.param(
            [pool("b", "10.0.0.255-10.0.1.9", avoid_buggy_ips=True)], {}, ["10.0.1.1"], id="buggy addresses are skipped"
        ),
    ],
)
def test_assigned(pools: list[Pool], change: dict[str, Any], expected: list[str]) -> None:
    """Explicit address, explicit pool, pinned pool, generic pool; all addresses from one pool."""
    outcome = decide(service(**change), {}, book(*pools))
    assert isinstance(outcome, Assign)
    assert given(outcome) == expected


@pytest.mark.parametrize(
    ("pools", "change", "reason"),
    [
        pytest.param([], {}, Reason.NO_POOL_CONFIGURED, id="no pool at all"),
        pytest.param([V4], {"cluster_ips": ()}, Reason.NO_CLUSTER_IP, id="no cluster address"),
        pytest.param(
            [DUAL], REQUIRE | {"families": (4,)}, Reason.NO_CLUSTER_IP, id="RequireDualStack, one cluster address"
        ),
        pytest.param([pool("off", "10.0.0.0/30", auto_assign=False)], {}, Reason.NO_POOL_MATCHES, id="autoAssign off"),
        pytest.param(
            [pinned("p", "10.0.0.0/30", namespaces=frozenset({"bar"}))],
            {},
            Reason.NO_POOL_MATCHES,
            id="pinned to others",
        ),
        pytest.param([V4], {"families": (6,)}, Reason.FAMILY_MISMATCH, id="no such family"),
        pytest.param([V4], REQUIRE, Reason.FAMILY_MISMATCH, id="RequireDualStack, no pool has one of them"),
        pytest.param([V4], {"annotations": {"address-pool": "typo"}}, Reason.UNKNOWN_POOL, id="unknown pool"),
        pytest.param(
            [V4],
            {"annotations": {"loadBalancerIPs": "192.0.2.1"}},
            Reason.ADDRESS_OUTSIDE_POOLS,
            id="outside the pools",
        ),
        pytest.param(
            [pool("b", "10.0.0.0/24", avoid_buggy_ips=True)],
            {"annotations": {"loadBalancerIPs": "10.0.0.255"}},
            Reason.ADDRESS_OUTSIDE_POOLS,
            id="buggy address asked for",
        ),
        pytest.param(
            [V4, DUAL],
            {"annotations": {"loadBalancerIPs": "10.0.0.1", "address-pool": "dual"}},
            Reason.POOL_NOT_ALLOWED,
            id="address and pool contradict",
        ),
        pytest.param(
            [pinned("p", "10.0.0.0/30", namespaces=frozenset({"bar"}))],
            {"annotations": {"loadBalancerIPs": "10.0.0.1"}},
            Reason.POOL_NOT_ALLOWED,
            id="address of a pool for others",
        ),
        pytest.param(
            [pinned("p", "10.0.0.0/30", namespaces=frozenset({"bar"}))],
            {"annotations": {"address-pool": "p"}},
            Reason.POOL_NOT_ALLOWED,
            id="pool for others",
        ),
        pytest.param(
            [V4], {"annotations": {"loadBalancerIPs": "nonsense"}}, Reason.INVALID_REQUEST, id="nonsense asked for"
        ),
    ],
)
def test_refused(pools: list[Pool], change: dict[str, Any], reason: Reason) -> None:
    """Every way to stay without an address has its reason."""
    outcome = decide(service(**change), {}, book(*pools))
    assert isinstance(outcome, Refuse)
    assert outcome.reason == reason
    assert outcome.message


def test_a_full_pool_refuses_and_an_address_given_back_serves() -> None:
    """No address is made up; the first one that is free again is the next one given."""
    opened = book(pool("p", "10.0.0.0/31"))
    first, _ = settle(service("a"), opened)
    settle(service("b"), opened)
    waiting, outcome = settle(service("c"), opened)
    assert isinstance(outcome, Refuse)
    assert outcome.reason == Reason.POOL_EXHAUSTED
    opened.release(first.key)
    assert given(settle(waiting, opened)[1]) == ["10.0.0.0"]


def test_full_pinned_pools_fall_through_to_generic_ones() -> None:
    """Pinned first, generic when they are full."""
    opened = book(pinned("pin", "10.0.5.0/32"), V4)
    assert given(settle(service("a"), opened)[1]) == ["10.0.5.0"]
    assert given(settle(service("b"), opened)[1]) == ["10.0.0.0"]


def test_an_address_in_use_is_refused_with_its_holder() -> None:
    """Asking for another's address names the other."""
    opened = book(V4)
    settle(service("a"), opened)
    _, outcome = settle(service("b", annotations={"loadBalancerIPs": "10.0.0.0"}), opened)
    assert isinstance(outcome, Refuse)
    assert outcome.reason == Reason.ADDRESS_IN_USE
    assert "shop/a" in outcome.message


def test_services_with_one_key_share_an_address_also_if_a_lower_one_is_free() -> None:
    """A sharing key is a wish to share."""
    opened = book(V4)
    gone, _ = settle(service("gone"), opened)
    settle(service("tcp", annotations={"allow-shared-ip": "dns"}, ports=(Port("TCP", 53),)), opened)
    opened.release(gone.key)
    _, outcome = settle(service("udp", annotations={"allow-shared-ip": "dns"}, ports=(Port("UDP", 53),)), opened)
    assert given(outcome) == ["10.0.0.1"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, ["10.0.0.0"], id="nothing changed"),
        pytest.param({"annotations": {"address-pool": "dual"}}, ["10.0.9.0"], id="another pool asked for"),
        pytest.param({"annotations": {"address-pool": "v4"}}, ["10.0.0.0"], id="its own pool asked for"),
        pytest.param({"annotations": {"loadBalancerIPs": "10.0.0.3"}}, ["10.0.0.3"], id="another address asked for"),
        pytest.param({"annotations": {"loadBalancerIPs": "nonsense"}}, ["10.0.0.0"], id="nonsense asked for: kept"),
        pytest.param({"annotations": {"loadBalancerIPs": "192.0.2.1"}}, [], id="an address outside asked for: lost"),
        pytest.param({"annotations": {"address-pool": "typo"}}, [], id="unknown pool asked for: lost"),
        pytest.param({"ports": (Port("UDP", 1),)}, ["10.0.0.0"], id="other ports"),
        pytest.param({"annotations": {"allow-shared-ip": "k"}}, ["10.0.0.0"], id="the only holder may change its key"),
        pytest.param({"families": (6,)}, ["2001:db8:9::"], id="other family"),
        pytest.param(
            PREFER, ["10.0.0.0", "2001:db8:9::"], id="PreferDualStack: what it has is kept, IPv6 from elsewhere"
        ),
        pytest.param(
            REQUIRE, ["10.0.0.0", "2001:db8:9::"], id="RequireDualStack: so too, though another pool has both"
        ),
        pytest.param(
            PREFER | {"annotations": {"address-pool": "v4"}}, ["10.0.0.0"], id="PreferDualStack: not from another pool"
        ),
        pytest.param({"cluster_ips": ()}, [], id="no cluster address any more"),
        pytest.param({"is_load_balancer": False}, [], id="no load balancer any more"),
    ],
)
def test_a_changed_service_keeps_what_it_may(change: dict[str, Any], expected: list[str]) -> None:
    """An address is given up only for a reason."""
    opened = book(V4, DUAL)
    has, _ = settle(service(annotations={"address-pool": "v4"}), opened)
    bare = replace(has, annotations={"metallb.io/ip-allocated-from-pool": "v4"})
    changed = replace(
        bare, **{name: value for name, value in vars_of(service(**change)).items() if name in fields_of(change)}
    )
    _, outcome = settle(changed, opened)
    assert given(outcome) == expected


def fields_of(change: dict[str, Any]) -> set[str]:
    """Give the fields of a Service that a change is about."""
    names = set(change)
    if "families" in names:
        names |= {"cluster_ips", "ip_families"}
    return names


def vars_of(item: Service) -> dict[str, Any]:
    """Give the fields of a Service (it has slots, so no `vars`)."""
    return {name: getattr(item, name) for name in Service.__slots__}


def test_dual_stack_grows_in_its_pool_and_shrinks_to_the_family_it_keeps() -> None:
    """KEP-563: the kept family's address stays through both changes."""
    opened = book(DUAL)
    single, _ = settle(service(), opened)
    grown, outcome = settle(
        replace(
            single,
            **{
                k: v
                for k, v in vars_of(service(**PREFER)).items()
                if k in {"cluster_ips", "ip_families", "ip_family_policy"}
            },
        ),
        opened,
    )
    assert given(outcome) == ["10.0.9.0", "2001:db8:9::"]
    six = service(families=(6,))
    shrunk, outcome = settle(
        replace(grown, cluster_ips=six.cluster_ips, ip_families=(6,), ip_family_policy="SingleStack"), opened
    )
    assert given(outcome) == ["2001:db8:9::"]
    assert opened.stock.held(DUAL, 4) == 0
    assert isinstance(settle(shrunk, opened)[1], Keep)


def test_prefer_dual_stack_complains_the_same_way_each_time() -> None:
    """One address where two were preferred is told once: the second decision says the same as the first."""
    opened = book(V4)
    first, outcome = settle(service(**PREFER), opened)
    assert isinstance(outcome, Assign)
    assert outcome.complaint is not None
    assert outcome.complaint.reason == Reason.FAMILY_MISMATCH
    _, again = settle(first, opened)
    assert isinstance(again, Keep)
    assert again.complaint == outcome.complaint


@pytest.mark.parametrize(
    ("pools", "expected"),
    [
        pytest.param([DUAL], ["10.0.9.0"], id="the pool is gone: another one"),
        pytest.param([pool("v4", "10.0.0.2/31")], ["10.0.0.2"], id="the pool shrank: another address"),
        pytest.param([V6], [], id="nothing left: lost"),
        pytest.param([], [], id="no pools: lost"),
        pytest.param([pinned("v4", "10.0.0.0/30", namespaces=frozenset({"bar"}))], [], id="for others now: lost"),
        pytest.param([pool("v4", "10.0.0.0/30", auto_assign=False)], ["10.0.0.0"], id="autoAssign off: kept"),
        pytest.param([pool("new", "10.0.0.0/30")], ["10.0.0.0"], id="another name for the pool: kept"),
        pytest.param([pool("v4", "10.0.0.0/30", avoid_buggy_ips=True)], ["10.0.0.1"], id="buggy now: another address"),
    ],
)
def test_the_configuration_wins(pools: list[Pool], expected: list[str]) -> None:
    """An address that the configuration no longer gives is replaced or lost, and the reason is told."""
    opened = book(V4)
    has, _ = settle(service(), opened)
    opened.use_pools(Pools(pools))
    _, outcome = settle(has, opened)
    assert given(outcome) == expected


def test_a_replaced_address_says_why_it_was_lost() -> None:
    """The reason of the loss travels with the new address."""
    outcome = decide(service(ingress=["192.0.2.1"]), {}, book(V4))
    assert isinstance(outcome, Assign)
    assert "192.0.2.1" in outcome.lost
    refused = decide(service(ingress=["192.0.2.1"]), {}, book(V6))
    assert isinstance(refused, Refuse)
    assert "192.0.2.1" in refused.lost


def test_a_status_emptied_by_hand_is_restored() -> None:
    """What was decided comes back, not merely anything."""
    opened = book(V4)
    other, _ = settle(service("other"), opened)
    has, _ = settle(service(), opened)
    opened.release(other.key)
    assert given(settle(replace(has, ingress=()), opened)[1]) == ["10.0.0.1"]


def test_everybody_enters_what_they_have_before_anybody_gets_something_new() -> None:
    """After a restart no Service is given what another one shows, whatever the order."""
    opened = book(pool("p", "10.0.0.0/30"))
    services = [
        service("a", ingress=["192.0.2.1"], creation_timestamp="1"),
        service("b", creation_timestamp="2"),
        service("c", ingress=["10.0.0.0"], creation_timestamp="3"),
        service("d", ingress=["10.0.0.1"], creation_timestamp="4", annotations={"loadBalancerIPs": "10.0.0.3"}),
    ]
    outcomes = decide_all(services, {}, opened)
    assert {key.name: given(outcome) for key, outcome in outcomes.items()} == {
        "a": ["10.0.0.2"],
        "b": [],
        "c": ["10.0.0.0"],
        "d": ["10.0.0.3"],
    }


def test_of_two_that_show_one_address_the_older_keeps_it() -> None:
    """A cluster restored from two backups is put right, oldest Service first."""
    opened = book(V4)
    services = [
        service("new", ingress=["10.0.0.0"], creation_timestamp="2"),
        service("old", ingress=["10.0.0.0"], creation_timestamp="1"),
    ]
    outcomes = decide_all(services, {}, opened)
    assert isinstance(outcomes[services[1].key], Keep)
    assert given(outcomes[services[0].key]) == ["10.0.0.1"]


def test_what_is_given_back_can_be_given_in_the_same_pass() -> None:
    """Releases come before everything else."""
    opened = book(pool("p", "10.0.0.0/32"))
    has, _ = settle(service("a"), opened)
    outcomes = decide_all([service("b"), replace(has, is_load_balancer=False, ingress=())], {}, opened)
    assert isinstance(outcomes[has.key], Release)
    assert given(outcomes[service("b").key]) == ["10.0.0.0"]


def test_an_address_still_shown_is_not_given_away() -> None:
    """Until the API shows that it is gone, a lost address is nobody's."""
    opened = book(pool("p", "10.0.0.0/31"))
    has, _ = settle(service("a"), opened)
    moved = replace(has, annotations=dict(has.annotations) | {"metallb.io/loadBalancerIPs": "10.0.0.1"})
    outcomes = decide_all([moved, service("b")], {}, opened)
    assert given(outcomes[moved.key]) == ["10.0.0.1"]
    assert given(outcomes[service("b").key]) == []
    after = published(moved, render(moved, outcomes[moved.key], NOW))
    assert opened.see(after.key, after.ingress)
    assert given(decide(service("b"), {}, opened)) == ["10.0.0.0"]


@pytest.mark.parametrize("gone", [{"is_load_balancer": False}, {"is_deleting": True}, {"key": Key("bar", "a")}])
def test_after_a_restart_nobody_is_given_what_another_still_shows(gone: dict[str, Any]) -> None:
    """A book that begins anew holds back what is out there, though the one who shows it may not keep it."""
    opened = book(pinned("p", "10.0.0.0/30", namespaces=frozenset({"shop"})))
    loser = replace(service("a", ingress=["10.0.0.0"]), **gone)
    seeker = service("b", annotations={"loadBalancerIPs": "10.0.0.0"})
    outcomes = decide_all([loser, seeker, service("c")], {}, opened)
    assert given(outcomes[loser.key]) == []
    assert isinstance(outcomes[seeker.key], Refuse)
    assert given(outcomes[Key("shop", "c")]) == ["10.0.0.1"]
    opened.see(loser.key, ())
    assert given(decide_all([seeker], {}, opened)[seeker.key]) == ["10.0.0.0"]


def test_foreign_ingress_is_replaced() -> None:
    """A host name left by another implementation does not count as our address."""
    outcome = decide(service(ingress=["10.0.0.0"], foreign_ingress=True), {}, book(V4))
    assert isinstance(outcome, Assign)
    assert outcome.addresses == (ip_address("10.0.0.0"),)
