"""Rules of what is advertised to which BGP peer.

Pure.
"""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from lbkit.announcer.decide import decide
from lbkit.announcer.desired import PathAttributes
from lbkit.announcer.paths import BYTES_PER_S
from lbkit.model.names import Reason
from lbkit.model.views import BGPAdvertisement, Service
from lbkit.tests.announcer.build import key, node, on_node, peer, pool, select, service, slices, snapshot

NODES = (node("a", addresses=["10.0.0.1"]), node("b", addresses=["10.0.0.2"]))
PEERS = (peer("p", "10.0.1.1"), peer("q", "10.0.1.2"))
PLAIN: dict[str, Any] = {
    "services": [service("s", "192.0.2.1")],
    "endpoints": {"s": slices("s", "a")},
    "nodes": NODES,
    "bgp": (BGPAdvertisement("all"),),
    "peers": PEERS,
}


def paths(**change: Any) -> dict[str, dict[str, PathAttributes]]:
    """Decide on node `a` of the plain setting with something changed; prefixes as text."""
    decided = decide(snapshot(**{**PLAIN, **change}), "a", ())
    return {name: {str(prefix): one for prefix, one in found.items()} for name, found in decided.bgp.paths.items()}


def reason(**change: Any) -> Reason:
    """Decide on node `a`; return why the Service `s` is advertised or not."""
    return decide(snapshot(**{**PLAIN, **change}), "a", ()).outcomes[key("s")].bgp


def test_every_peer_is_told_of_every_address() -> None:
    """One advertisement without restrictions."""
    assert paths() == {"p": {"192.0.2.1/32": PathAttributes()}, "q": {"192.0.2.1/32": PathAttributes()}}


def test_every_eligible_node_advertises() -> None:
    """There is no owner: routers spread the load."""
    known = snapshot(**PLAIN)
    assert all(decide(known, name, ()).outcomes[key("s")].bgp is Reason.ANNOUNCED for name in known.nodes)


def test_ipv6_over_ipv4_has_the_nodes_address_as_next_hop() -> None:
    """Over IPv6 it is the node's end of the session, and so it is for IPv4 over either."""
    found = paths(
        services=[service("s", "192.0.2.1", "2001:db8::1")],
        nodes=(node("a", addresses=["10.0.0.1", "2001:db8:1::1"]),),
        peers=(
            peer("p", "10.0.1.1", dual_stack_address_family=True),
            peer("q", "2001:db8:1::9", dual_stack_address_family=True),
        ),
    )
    six, hop = "2001:db8::1/128", ip_address("2001:db8:1::1")
    assert found["p"] == {"192.0.2.1/32": PathAttributes(), six: PathAttributes(next_hop=hop)}
    assert found["q"] == {"192.0.2.1/32": PathAttributes(), six: PathAttributes()}


def weighed(*services: Service, endpoints: dict[str, Any], **change: Any) -> dict[str, int]:
    """{prefix: link bandwidth in millions} on node `a` under an advertisement that is weighted."""
    weighted = BGPAdvertisement("all", is_weighted=True)
    found = paths(services=services, endpoints=endpoints, **{"bgp": (weighted,), **change})["p"]
    return {prefix: one.link_bandwidth // BYTES_PER_S for prefix, one in found.items()}


def test_a_weighted_path_says_how_many_endpoints_are_behind_it() -> None:
    """Those of this node that new connections go to."""
    endpoints = {"s": (*slices("s", "a", "a", "b"), *slices("s", "a", is_ready=False))}
    assert weighed(service("s", "192.0.2.1", policy="Local"), endpoints=endpoints) == {"192.0.2.1/32": 2}


def test_terminating_endpoints_count_where_there_are_no_others() -> None:
    """As kube-proxy then uses them (KEP-1669)."""
    endpoints = {"s": slices("s", "a", is_ready=False)}
    assert weighed(service("s", "192.0.2.1", policy="Local"), endpoints=endpoints) == {"192.0.2.1/32": 1}


def test_under_cluster_no_path_is_weighed() -> None:
    """Every node spreads over all endpoints."""
    assert weighed(service("s", "192.0.2.1"), endpoints={"s": slices("s", "a")}) == {"192.0.2.1/32": 0}


def test_no_path_is_weighed_unasked() -> None:
    """Routers that heed it would change their ways."""
    found = weighed(
        service("s", "192.0.2.1", policy="Local"), endpoints={"s": slices("s", "a")}, bgp=(BGPAdvertisement("all"),)
    )
    assert found == {"192.0.2.1/32": 0}


def test_services_of_one_prefix_add_up_unless_one_of_them_spreads_by_itself() -> None:
    """Then nobody knows what the path is worth."""
    endpoints = {"s": slices("s", "a", "a"), "t": slices("t", "a")}
    one, two = service("s", "192.0.2.1", policy="Local"), service("t", "192.0.2.2", policy="Local")
    aggregate = {"bgp": (BGPAdvertisement("all", is_weighted=True, aggregation_length=24),)}
    assert weighed(one, two, endpoints=endpoints, **aggregate) == {"192.0.2.0/24": 3}
    assert weighed(one, service("t", "192.0.2.2"), endpoints=endpoints, **aggregate) == {"192.0.2.0/24": 0}


def test_an_advertisement_can_name_its_peers() -> None:
    """Peers that are not named are not told; unknown names are no error."""
    found = paths(bgp=(BGPAdvertisement("x", peers=frozenset({"q", "nobody"})),))
    assert found == {"p": {}, "q": {"192.0.2.1/32": PathAttributes()}}


def test_addresses_are_masked_to_the_aggregation_length() -> None:
    """Two Services of one /24 make one prefix."""
    found = paths(
        services=[service("s", "192.0.2.1"), service("t", "192.0.2.77")],
        endpoints={"s": slices("s", "a"), "t": slices("t", "a")},
        bgp=(BGPAdvertisement("x", aggregation_length=24),),
        peers=PEERS[:1],
    )
    assert found == {"p": {"192.0.2.0/24": PathAttributes()}}


def test_an_advertisement_of_each_length_gives_a_prefix_of_each() -> None:
    """The usual recipe: the host route with no-advertise, the aggregate without."""
    found = paths(
        bgp=(BGPAdvertisement("host", communities=("65535:65282",)), BGPAdvertisement("net", aggregation_length=24)),
        peers=PEERS[:1],
    )
    assert found == {
        "p": {
            "192.0.2.1/32": PathAttributes(communities=("65535:65282",)),
            "192.0.2.0/24": PathAttributes(),
        }
    }


def test_communities_of_one_prefix_add_up_and_aliases_are_looked_up() -> None:
    """Union over advertisements, in one spelling and sorted."""
    found = paths(
        bgp=(
            BGPAdvertisement("x", communities=("vip", "64512:02")),
            BGPAdvertisement("y", communities=("64512:1", "vip")),
        ),
        communities={"vip": "large:64512:1:2"},
        peers=PEERS[:1],
    )
    assert found["p"]["192.0.2.1/32"].communities == ("64512:1", "64512:2", "large:64512:1:2")


def test_attributes_may_differ_between_peers() -> None:
    """Each peer gets what the advertisements for it add up to."""
    found = paths(
        bgp=(
            BGPAdvertisement("x", communities=("64512:1",)),
            BGPAdvertisement("y", communities=("64512:2",), peers=frozenset({"q"})),
        )
    )
    assert found["p"]["192.0.2.1/32"].communities == ("64512:1",)
    assert found["q"]["192.0.2.1/32"].communities == ("64512:1", "64512:2")


def test_a_local_preference_is_passed_on() -> None:
    """As written."""
    assert paths(bgp=(BGPAdvertisement("x", local_pref=150),))["p"]["192.0.2.1/32"] == PathAttributes(150)


def test_two_local_preferences_for_one_prefix_and_peer_keep_it_back() -> None:
    """Only towards the peer they clash for; the Service that is told to nobody says so."""
    clash = (BGPAdvertisement("x", local_pref=100), BGPAdvertisement("y", local_pref=200, peers=frozenset({"p"})))
    assert paths(bgp=clash) == {"p": {}, "q": {"192.0.2.1/32": PathAttributes(100)}}
    assert reason(bgp=clash, peers=PEERS[:1]) is Reason.CONFLICTING_ADVERTISEMENTS


def test_a_peer_is_told_only_of_its_own_family() -> None:
    """An IPv6 prefix goes to IPv6 sessions."""
    found = paths(
        services=[service("s", "192.0.2.1", "2001:db8::1")],
        peers=(peer("p", "10.0.1.1"), peer("six", "2001:db8:1::1")),
    )
    assert found == {"p": {"192.0.2.1/32": PathAttributes()}, "six": {"2001:db8::1/128": PathAttributes()}}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"bgp": ()}, Reason.NO_ADVERTISEMENT, id="no-advertisement"),
        pytest.param(
            {"bgp": (BGPAdvertisement("x", service_selectors=(select(app="db"),)),)},
            Reason.NO_ADVERTISEMENT,
            id="other-services",
        ),
        pytest.param(
            {"bgp": (BGPAdvertisement("x", node_selectors=on_node("b")),)}, Reason.NODE_NOT_SELECTED, id="another-node"
        ),
        pytest.param({"nodes": (node("a", is_excluded=True),)}, Reason.NODE_EXCLUDED, id="excluded"),
        pytest.param(
            {"nodes": (node("a", is_network_unavailable=True),)}, Reason.NODE_NETWORK_UNAVAILABLE, id="no-network"
        ),
        pytest.param({"nodes": (node("b"),)}, Reason.NODE_UNKNOWN, id="unknown-node"),
        pytest.param({"nodes": (node("a", is_ready=False), node("b"))}, Reason.ANNOUNCED, id="not-ready"),
        pytest.param({"endpoints": {}}, Reason.NO_ENDPOINTS, id="no-endpoints"),
        pytest.param({"endpoints": {"s": slices("s", "b")}}, Reason.ANNOUNCED, id="cluster-policy"),
        pytest.param(
            {"services": [service("s", "192.0.2.1", policy="Local")], "endpoints": {"s": slices("s", "b")}},
            Reason.NO_LOCAL_ENDPOINTS,
            id="local-policy",
        ),
        pytest.param({"peers": ()}, Reason.NO_PEER, id="no-peers"),
        pytest.param({"peers": (peer("p", "10.0.1.1", node_selectors=on_node("b")),)}, Reason.NO_PEER, id="peer-of-b"),
        pytest.param({"services": [service("s")]}, Reason.NO_ADDRESS, id="no-address"),
        pytest.param({"pools": (pool("x", "198.51.100.0", "198.51.100.9"),)}, Reason.ADDRESS_NOT_IN_POOL, id="no-pool"),
        pytest.param(
            {"bgp": (BGPAdvertisement("x", communities=("nobody-knows",)),)}, Reason.UNKNOWN_COMMUNITY, id="community"
        ),
    ],
)
def test_a_node_says_why_it_advertises_or_not(change: dict[str, Any], expected: Reason) -> None:
    """One reason for each rule."""
    assert reason(**change) is expected


def test_the_outcome_names_addresses_and_peers() -> None:
    """What ServiceBGPStatus and the metrics need."""
    outcome = decide(snapshot(**PLAIN), "a", ()).outcomes[key("s")]
    assert [str(address) for address in outcome.bgp_addresses] == ["192.0.2.1"]
    assert outcome.peers == ("p", "q")


def test_a_node_without_sessions_advertises_nothing() -> None:
    """No peers, no paths, no engine to start."""
    decided = decide(snapshot(**{**PLAIN, "peers": ()}), "a", ())
    assert (decided.bgp.asn, decided.bgp.router_id, dict(decided.bgp.paths)) == (0, None, {})


def test_prefixes_are_networks() -> None:
    """The keys are networks, not text."""
    assert ip_network("192.0.2.1/32") in decide(snapshot(**PLAIN), "a", ()).bgp.paths["p"]
