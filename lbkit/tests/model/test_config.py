"""Rules that only the whole configuration can break.

Pure.
"""

from dataclasses import replace
from ipaddress import IPv4Address, ip_address
from typing import Any

import pytest

from lbkit.model.addresses import address_range
from lbkit.model.config import build
from lbkit.model.selectors import Requirement, Selector
from lbkit.model.used_networks import UsedNetwork
from lbkit.model.views import BFDProfile, BGPAdvertisement, Node, Peer, Pool, PoolChoice, Range

IN_A = Selector((Requirement("rack", "In", frozenset({"a"})),))
IN_B = Selector((Requirement("rack", "In", frozenset({"b"})),))


def pool(name: str, *ranges: str, **labels: str) -> Pool:
    """Build a pool from what a user writes."""
    return Pool(name, labels, tuple(address_range(text) for text in ranges))


def problems(**given: Any) -> list[tuple[str, str, str]]:  # Any: the keyword arguments of `build`
    """Give kind, name and path of everything wrong."""
    _, found = build(**given)
    return [(problem.kind, problem.name, problem.path) for problem in found]


def test_a_good_configuration_is_sorted_and_has_no_problems() -> None:
    """Names order everything, so that every process walks the objects alike."""
    config, found = build(
        pools=[pool("b", "10.0.1.0/24"), pool("a", "10.0.0.0/24", "2001:db8::/64")],
        bgp_advertisements=[
            BGPAdvertisement("z", communities=("alias",)),
            BGPAdvertisement("y", aggregation_length=24),
        ],
        communities=[("alias", "65000:1")],
        networks=[UsedNetwork("node n", address_range("10.0.2.1/32"))],
    )
    assert found == ()
    assert [item.name for item in config.pools] == ["a", "b"]
    assert [item.name for item in config.bgp_advertisements] == ["y", "z"]
    assert config.communities == {"alias": "65000:1"}


@pytest.mark.parametrize(
    ("pools", "expected"),
    [
        pytest.param([pool("a", "10.0.0.0/24", "10.0.0.9-10.0.0.9")], [("a", 1)], id="inside a pool"),
        pytest.param([pool("a", "10.0.0.0/24"), pool("b", "10.0.0.255-10.0.1.3")], [("b", 0)], id="at the edge"),
        pytest.param([pool("b", "10.0.0.0/24"), pool("a", "10.0.0.0/16")], [("b", 0)], id="the later name is blamed"),
        pytest.param([pool("a", "10.0.0.0/24"), pool("b", "10.0.1.0/24")], [], id="neighbours"),
        pytest.param([pool("a", "0.0.0.0/0"), pool("b", "::/96")], [], id="families are apart"),
        pytest.param(
            [pool("a", "10.0.0.0/8"), pool("b", "10.1.0.0/16"), pool("c", "10.2.0.0/16")],
            [("b", 0), ("c", 0)],
            id="one wide pool over two",
        ),
    ],
)
def test_pools_do_not_overlap(pools: list[Pool], expected: list[tuple[str, int]]) -> None:
    """An address is in one pool at most."""
    wanted = [("IPAddressPool", name, f"spec.addresses[{index}]") for name, index in expected]
    assert problems(pools=pools) == wanted


def test_the_younger_of_two_pools_that_overlap_is_to_blame() -> None:
    """Whichever name comes first: what is in use was there before."""
    old = replace(pool("z", "10.0.0.0/24"), creation_timestamp="2026-01-01T00:00:00Z")
    new = replace(pool("a", "10.0.0.128/25"), creation_timestamp="2026-02-01T00:00:00Z")
    assert problems(pools=[old, new]) == [("IPAddressPool", "a", "spec.addresses[0]")]


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        pytest.param("10.0.0.7/32", [0], id="a node in a range"),
        pytest.param("10.0.0.0/16", [1, 0], id="a network around two ranges"),
        pytest.param("10.0.1.0/24", [], id="between the ranges"),
        pytest.param("10.0.3.0/24", [], id="behind the ranges"),
        pytest.param("2001:db8::1/128", [2], id="IPv6"),
    ],
)
def test_pools_keep_away_from_the_cluster_s_own_networks(used: str, expected: list[int]) -> None:
    """A pool that holds a node's, a pod's or a Service's address would take it away from its owner."""
    found = problems(
        pools=[pool("a", "10.0.0.0/24", "10.0.2.0/24", "2001:db8::/64")],
        networks=[UsedNetwork("node n", address_range(used))],
    )
    assert found == [("IPAddressPool", "a", f"spec.addresses[{index}]") for index in expected]


def test_a_huge_pool_is_checked_without_counting_its_addresses() -> None:
    """Overlap is decided on the ends of ranges, so ::/0 costs no more than a /128."""
    whole = Range(ip_address("::"), ip_address(2**128 - 1))
    assert problems(pools=[Pool("a", {}, (whole,))], networks=[UsedNetwork("node n", whole)]) == [
        ("IPAddressPool", "a", "spec.addresses[0]")
    ]


@pytest.mark.parametrize(
    ("ranges", "length", "is_fine"),
    [
        pytest.param(["10.0.0.0/24"], 24, True, id="as long as the pool"),
        pytest.param(["10.0.0.0/24"], 25, True, id="longer"),
        pytest.param(["10.0.0.0/24"], 23, False, id="shorter: would advertise what the pool does not hold"),
        pytest.param(["10.0.0.1-10.0.0.130"], 26, True, id="range: the widest block decides"),
        pytest.param(["10.0.0.1-10.0.0.6"], 24, False, id="range: even the widest block is more specific"),
    ],
)
def test_an_aggregate_stays_inside_the_pool(ranges: list[str], length: int, is_fine: bool) -> None:
    """MetalLB refuses to announce more than the pool holds."""
    found = problems(pools=[pool("a", *ranges)], bgp_advertisements=[BGPAdvertisement("x", aggregation_length=length)])
    assert found == ([] if is_fine else [("BGPAdvertisement", "x", "spec.aggregationLength")])


def test_an_aggregate_only_matters_for_its_own_pools() -> None:
    """An advertisement is compared with the pools it names."""
    narrow = BGPAdvertisement("x", pools=PoolChoice(frozenset({"b"})), aggregation_length=16)
    assert problems(pools=[pool("a", "10.0.0.0/24")], bgp_advertisements=[narrow]) == []


@pytest.mark.parametrize(
    ("one", "other", "has_problem"),
    [
        pytest.param({"local_pref": 100}, {"local_pref": 200}, True, id="two preferences for one prefix"),
        pytest.param(
            {"local_pref": 100, "peers": frozenset("p")},
            {"local_pref": 200, "peers": frozenset("q")},
            False,
            id="other peers",
        ),
        pytest.param(
            {"local_pref": 100, "node_selectors": (IN_A,)},
            {"local_pref": 200, "node_selectors": (IN_B,)},
            False,
            id="other nodes",
        ),
        pytest.param({"local_pref": 100, "aggregation_length": 24}, {"local_pref": 200}, False, id="other prefixes"),
        pytest.param(
            {"local_pref": 100, "service_selectors": (IN_A,)},
            {"local_pref": 200},
            False,
            id="service selectors decide at run time",
        ),
        pytest.param({"communities": ("1:1", "1:2")}, {"communities": ("1:2", "1:1")}, True, id="identical"),
        pytest.param({"communities": ("1:1",)}, {"communities": ("1:2",)}, False, id="communities add up"),
    ],
)
def test_advertisements_do_not_contradict(one: dict[str, Any], other: dict[str, Any], has_problem: bool) -> None:
    """One prefix to one peer from one node has one local preference; identical objects are a mistake."""
    found = problems(
        pools=[pool("a", "10.0.0.0/24")],
        bgp_advertisements=[BGPAdvertisement("x", **one), BGPAdvertisement("y", **other)],
    )
    assert found == ([("BGPAdvertisement", "y", "spec")] if has_problem else [])


def test_communities_must_exist_and_be_defined_once() -> None:
    """A community is a value or an alias that exists; an alias has one meaning."""
    advertisement = BGPAdvertisement("x", communities=("65000:1", "alias", "typo", "large:1:2:3"))
    assert problems(bgp_advertisements=[advertisement], communities=[("alias", "1:1")]) == [
        ("BGPAdvertisement", "x", "spec.communities[2]")
    ]
    assert problems(communities=[("alias", "1:1"), ("alias", "1:1")]) == [("Community", "", "spec.communities")]


def peer(name: str, **change: Any) -> Peer:  # Any: the fields of Peer
    """Build a peer that is fine on its own."""
    fields: dict[str, Any] = {"my_asn": 64500, "peer_asn": 64501, "address": IPv4Address("192.0.2.1")}
    return Peer(name, **(fields | change))


OTHER: dict[str, Any] = {"address": IPv4Address("192.0.2.2")}


@pytest.mark.parametrize(
    ("one", "other", "path"),
    [
        pytest.param({}, {}, "spec.peerAddress", id="same address"),
        pytest.param({}, {"vrf": "blue"}, "", id="same address in another VRF"),
        pytest.param({}, {"port": 1790}, "", id="same address, other port"),
        pytest.param({}, OTHER | {"my_asn": 64999}, "spec.myASN", id="another local ASN"),
        pytest.param({}, OTHER | {"my_asn": 64999, "vrf": "blue"}, "", id="another local ASN in another VRF"),
        pytest.param(
            {"router_id": IPv4Address("1.1.1.1")},
            OTHER | {"router_id": IPv4Address("2.2.2.2")},
            "spec.routerID",
            id="two router IDs",
        ),
        pytest.param({"router_id": IPv4Address("1.1.1.1")}, OTHER, "", id="one router ID"),
        pytest.param({"node_selectors": (IN_A,)}, {"node_selectors": (IN_B,)}, "", id="never on one node"),
        pytest.param({"node_selectors": (IN_A,)}, {}, "spec.peerAddress", id="on one node"),
        pytest.param({}, OTHER | {"bfd_profile": "typo"}, "spec.bfdProfile", id="unknown BFD profile"),
        pytest.param({}, OTHER | {"bfd_profile": "fast"}, "", id="known BFD profile"),
    ],
)
def test_peers_of_one_node_agree(one: dict[str, Any], other: dict[str, Any], path: str) -> None:
    """One engine has one router ID, one ASN in each VRF, and one session with an address."""
    nodes = [
        Node(rack, {"rack": rack}, is_ready=True, is_network_unavailable=False, is_excluded=False) for rack in "ab"
    ]
    found = problems(peers=[peer("x", **one), peer("y", **other)], bfd_profiles=[BFDProfile("fast")], nodes=nodes)
    assert found == ([("BGPPeer", "y", path)] if path else [])


def test_without_nodes_peers_are_taken_to_meet() -> None:
    """A wrong alarm is cheaper than an engine that refuses."""
    pair = [peer("x", node_selectors=(IN_A,)), peer("y", node_selectors=(IN_B,))]
    assert problems(peers=pair) == [("BGPPeer", "y", "spec.peerAddress")]


def test_a_problem_reads_as_one_line() -> None:
    """The message names both sides, so that it can be shown on the object as it is."""
    _, found = build(pools=[pool("a", "10.0.0.0/24"), pool("b", "10.0.0.0/25")])
    assert str(found[0]) == (
        'spec.addresses[0]: range "10.0.0.0-10.0.0.127" in pool "b" overlaps with already defined range '
        '"10.0.0.0-10.0.0.255" in pool "a"'
    )
