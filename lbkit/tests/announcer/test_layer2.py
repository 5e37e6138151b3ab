"""Rules of who answers for an address, and of the reason given by those who do not.

Pure.
"""

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address, ip_address
from typing import Any

import pytest

from lbkit.announcer.decide import decide
from lbkit.announcer.desired import Outcome
from lbkit.announcer.election.events import Candidates
from lbkit.announcer.ownership import owner
from lbkit.model.names import Reason
from lbkit.model.views import IPAddress, L2Advertisement, PoolChoice, Snapshot
from lbkit.tests.announcer.build import ETH0, ETH1, key, node, on_node, select, service, slices, snapshot

ADDRESS = IPv4Address("192.0.2.1")
NODES = (node("a"), node("b"), node("c"))
ALL = (L2Advertisement("all"),)


def announcers(known: Any) -> list[str]:
    """Name the nodes that would answer for ADDRESS."""
    return [
        name
        for name in known.nodes
        if any(ADDRESS in each.layer2_addresses for each in decide(known, name, (ETH0, ETH1)).outcomes.values())
    ]


def outcome_on(known: Any, k8s_node: str, *interfaces: Any) -> Outcome:
    """Decide on one node; return the outcome of the Service `s`."""
    return decide(known, k8s_node, interfaces or (ETH0, ETH1)).outcomes[key("s")]


def candidates(known: Snapshot, k8s_node: str) -> Mapping[IPAddress, Candidates]:
    """Say on one node who may announce each address."""
    return decide(known, k8s_node, (ETH0, ETH1)).candidates


def test_exactly_one_node_answers_for_an_address() -> None:
    """All speakers decide alone and agree."""
    known = snapshot([service("s", "192.0.2.1")], {"s": slices("s", "a")}, NODES, l2=ALL)
    assert len(announcers(known)) == 1
    silent = next(name for name in known.nodes if name not in announcers(known))
    assert outcome_on(known, silent).layer2 is Reason.NOT_OWNER


def test_the_owner_answers_on_every_interface_unless_some_are_named() -> None:
    """No interfaces written means all; the outcome then names none, as ServiceL2Status does."""
    known = snapshot([service("s", "192.0.2.1")], {"s": slices("s", "a")}, (node("a"),), l2=ALL)
    decided = decide(known, "a", (ETH0, ETH1))
    assert decided.candidates == {ADDRESS: Candidates({"a": None})}
    assert decided.outcomes[key("s")] == Outcome(
        Reason.ANNOUNCED, Reason.NO_ADVERTISEMENT, layer2_addresses=(ADDRESS,), interfaces=frozenset()
    )


def test_named_interfaces_of_several_advertisements_add_up() -> None:
    """Each advertisement that selects the node contributes its interfaces."""
    l2 = (
        L2Advertisement("x", interfaces=frozenset({"eth1"})),
        L2Advertisement("y", interfaces=frozenset({"eth9"})),
        L2Advertisement("z", interfaces=frozenset({"eth0"}), node_selectors=on_node("b")),
    )
    known = snapshot([service("s", "192.0.2.1")], {"s": slices("s", "a")}, (node("a"),), l2=l2)
    decided = decide(known, "a", (ETH0, ETH1))
    assert decided.candidates == {ADDRESS: Candidates({"a": frozenset({"eth1", "eth9"})})}
    assert decided.outcomes[key("s")].interfaces == {"eth1"}


CASES: list[Any] = [
    pytest.param({"l2": ()}, Reason.NO_ADVERTISEMENT, id="no-advertisement"),
    pytest.param(
        {"l2": (L2Advertisement("x", pools=PoolChoice(names=frozenset({"other"}))),)},
        Reason.NO_ADVERTISEMENT,
        id="advertisement-of-another-pool",
    ),
    pytest.param(
        {"l2": (L2Advertisement("x", service_selectors=(select(app="db"),)),)},
        Reason.NO_ADVERTISEMENT,
        id="advertisement-of-other-services",
    ),
    pytest.param(
        {"l2": (L2Advertisement("x", node_selectors=on_node("b")),)}, Reason.NODE_NOT_SELECTED, id="another-node"
    ),
    pytest.param({"nodes": (node("b"),)}, Reason.NODE_UNKNOWN, id="unknown-node"),
    pytest.param({"nodes": (node("a", is_excluded=True),)}, Reason.NODE_EXCLUDED, id="excluded"),
    pytest.param(
        {"nodes": (node("a", is_network_unavailable=True),)}, Reason.NODE_NETWORK_UNAVAILABLE, id="no-network"
    ),
    pytest.param({"nodes": (node("a", is_ready=False), node("b"))}, Reason.NODE_NOT_READY, id="not-ready"),
    pytest.param({"endpoints": {}}, Reason.NO_ENDPOINTS, id="no-slices"),
    pytest.param(
        {"endpoints": {"s": slices("s", "a", is_ready=False, is_serving=False)}},
        Reason.NO_ENDPOINTS,
        id="no-serving-endpoint",
    ),
    pytest.param(
        {"services": [service("s", "192.0.2.1", policy="Local")], "endpoints": {"s": slices("s", "b")}},
        Reason.NO_LOCAL_ENDPOINTS,
        id="local-without-endpoint",
    ),
    pytest.param({"services": [service("s")]}, Reason.NO_ADDRESS, id="no-address"),
    pytest.param({"services": [service("s", "198.51.100.1")]}, Reason.ADDRESS_NOT_IN_POOL, id="outside-pools"),
    pytest.param(
        {"l2": (L2Advertisement("x", interfaces=frozenset({"eth9"})),), "nodes": (node("a"),)},
        Reason.NO_INTERFACE,
        id="interface-missing",
    ),
    pytest.param(
        {"services": [service("s", "2001:db8::1")], "nodes": (node("a"),)}, Reason.NO_INTERFACE, id="family-missing"
    ),
    pytest.param({"nodes": (node("a"),)}, Reason.ANNOUNCED, id="announced"),
    pytest.param({"nodes": (node("a", is_ready=False),)}, Reason.ANNOUNCED, id="not-ready-but-nobody-is"),
    pytest.param(
        {"nodes": (node("a"),), "endpoints": {"s": slices("s", "b", is_ready=False)}},
        Reason.ANNOUNCED,
        id="terminating-but-serving",
    ),
    pytest.param(
        {
            "services": [service("s", "192.0.2.1", policy="Local")],
            "nodes": (node("a"),),
            "endpoints": {"s": (*slices("s", "a", is_ready=False), *slices("s", "b"))},
        },
        Reason.NO_LOCAL_ENDPOINTS,
        id="terminating-while-others-are-ready",
    ),
    pytest.param(
        {
            "services": [service("s", "192.0.2.1", policy="Local")],
            "nodes": (node("a"),),
            "endpoints": {"s": (*slices("s", "a", is_ready=False), *slices("s", "b", is_ready=False))},
        },
        Reason.ANNOUNCED,
        id="terminating-like-all-others",
    ),
]


@pytest.mark.parametrize(("change", "reason"), CASES)
def test_a_node_says_why_it_announces_or_not(change: dict[str, Any], reason: Reason) -> None:
    """One reason for each rule, on node `a` of a plain setting with one thing changed."""
    plain: dict[str, Any] = {
        "services": [service("s", "192.0.2.1")],
        "endpoints": {"s": slices("s", "a")},
        "nodes": NODES,
        "l2": ALL,
    }
    assert outcome_on(snapshot(**{**plain, **change}), "a").layer2 is reason


def test_the_exclude_label_can_be_overlooked() -> None:
    """`--ignore-exclude-lb` makes excluded nodes candidates."""
    known = snapshot([service("s", "192.0.2.1")], {"s": slices("s", "a")}, (node("a", is_excluded=True),), l2=ALL)
    decided = decide(known, "a", (ETH0,), ignore_exclude_label=True)
    assert ADDRESS in decided.candidates


def test_a_service_of_another_type_has_no_outcome() -> None:
    """Only Services of type LoadBalancer are spoken of."""
    known = snapshot([service("s", "192.0.2.1", is_load_balancer=False)], {"s": slices("s", "a")}, NODES, l2=ALL)
    assert decide(known, "a", (ETH0,)).outcomes == {}


@pytest.mark.parametrize("lucky", ["a", "b", "c"])
def test_a_preferred_node_announces(lucky: str) -> None:
    """`preferredNodeSelectors` outweigh the hash."""
    l2 = (L2Advertisement("x", preferred_nodes=((10, on_node(lucky)[0]),)),)
    known = snapshot([service("s", "192.0.2.1")], {"s": slices("s", "a")}, NODES, l2=l2)
    assert announcers(known) == [lucky]


def test_preferences_add_up_over_advertisements() -> None:
    """Two small preferences beat one that is larger than each."""
    l2 = (
        L2Advertisement("x", preferred_nodes=((30, on_node("a")[0]), (20, on_node("b")[0]))),
        L2Advertisement("y", preferred_nodes=((20, on_node("b")[0]),)),
    )
    known = snapshot([service("s", "192.0.2.1")], {"s": slices("s", "a")}, NODES, l2=l2)
    assert announcers(known) == ["b"]


def test_services_that_share_an_address_have_one_owner_that_serves_both() -> None:
    """Their candidates are intersected, whatever the selectors of their advertisements."""
    l2 = (
        L2Advertisement("x", service_selectors=(select(app="x"),), node_selectors=on_node("a", "b")),
        L2Advertisement("y", service_selectors=(select(app="y"),), node_selectors=on_node("b", "c")),
    )
    services = [service("s", "192.0.2.1", labels={"app": "x"}), service("t", "192.0.2.1", labels={"app": "y"})]
    known = snapshot(services, {"s": slices("s", "a"), "t": slices("t", "a")}, NODES, l2=l2)
    assert announcers(known) == ["b"]


def test_a_service_without_endpoints_does_not_hold_back_one_it_shares_with() -> None:
    """It has no candidates, hence no say, and says so itself."""
    services = [service("s", "192.0.2.1"), service("t", "192.0.2.1")]
    known = snapshot(services, {"s": slices("s", "a")}, (node("a"),), l2=ALL)
    decided = decide(known, "a", (ETH0,))
    assert decided.outcomes[key("s")].layer2_addresses == (ADDRESS,)
    assert decided.outcomes[key("t")].layer2 is Reason.NO_ENDPOINTS


def test_sharing_services_without_a_common_node_still_have_one_owner() -> None:
    """Where the intersection is empty, the union is used."""
    l2 = (
        L2Advertisement("x", service_selectors=(select(app="x"),), node_selectors=on_node("a")),
        L2Advertisement("y", service_selectors=(select(app="y"),), node_selectors=on_node("c")),
    )
    services = [service("s", "192.0.2.1", labels={"app": "x"}), service("t", "192.0.2.1", labels={"app": "y"})]
    known = snapshot(services, {"s": slices("s", "a"), "t": slices("t", "a")}, NODES, l2=l2)
    assert len(announcers(known)) == 1


def test_both_addresses_of_a_service_are_in_its_outcome() -> None:
    """Each address is owned for itself; where one node owns both, it says both."""
    known = snapshot([service("s", "192.0.2.1", "192.0.2.2")], {"s": slices("s", "a")}, (node("a"),), l2=ALL)
    assert outcome_on(known, "a").layer2_addresses == (ADDRESS, ip_address("192.0.2.2"))


def test_candidates_name_all_who_may_announce_with_interfaces_and_preferences() -> None:
    """What the stations of a segment choose the owner from, whichever node asks."""
    l2 = (
        L2Advertisement("x", interfaces=frozenset({"eth1"}), node_selectors=on_node("a")),
        L2Advertisement(
            "y", interfaces=frozenset({"eth0"}), node_selectors=on_node("a"), preferred_nodes=((7, on_node("a")[0]),)
        ),
        L2Advertisement("z", node_selectors=on_node("b")),
    )
    services = [service("s", "192.0.2.1"), service("t", "192.0.2.2")]
    known = snapshot(services, {"s": slices("s", "a"), "t": slices("t", "a")}, NODES, l2=l2)
    both = Candidates({"a": frozenset({"eth0", "eth1"}), "b": None}, {"a": 7})
    for name in ("a", "b", "c"):
        found = candidates(known, name)
        assert found == dict.fromkeys((ADDRESS, ADDRESS + 1), both)
        assert len({id(each) for each in found.values()}) == 1


def test_a_node_that_is_not_ready_is_a_reluctant_candidate() -> None:
    """Which of the Ready ones is heard only the segment knows."""
    nodes = (node("a", is_ready=False), node("b"))
    known = snapshot([service("s", "192.0.2.1")], {"s": slices("s", "a")}, nodes, l2=ALL)
    assert candidates(known, "a") == {ADDRESS: Candidates(dict.fromkeys("ab"), reluctant=frozenset("a"))}
    assert announcers(known) == ["b"]


def test_a_cordoned_node_is_a_candidate() -> None:
    """No new pods on it, and its addresses stay; its drain moves them."""
    nodes = (replace(node("a"), is_unschedulable=True), node("b"))
    known = snapshot([service("s", "192.0.2.1")], {"s": slices("s", "a")}, nodes, l2=ALL)
    assert candidates(known, "a") == {ADDRESS: Candidates(dict.fromkeys("ab"))}


def test_what_the_segment_says_is_what_is_announced() -> None:
    """Whoever ranks first; a Service of two addresses may have two owners."""
    known = snapshot([service("s", "192.0.2.1", "192.0.2.2")], {"s": slices("s", "a")}, NODES, l2=ALL)
    interfaces = (ETH0, ETH1)
    for name in known.nodes:
        one = decide(known, name, interfaces, {ADDRESS: frozenset({"eth1"})}).outcomes[key("s")]
        assert (one.layer2, one.layer2_addresses, one.interfaces) == (Reason.ANNOUNCED, (ADDRESS,), frozenset({"eth1"}))
        none = decide(known, name, interfaces, {}).outcomes[key("s")]
        assert (none.layer2, none.layer2_addresses) == (Reason.NOT_OWNER, ())


def test_an_address_without_endpoints_has_no_candidates() -> None:
    """Nobody is to answer for it."""
    known = snapshot([service("s", "192.0.2.1")], {}, NODES, l2=ALL)
    assert candidates(known, "a") == {}


def test_the_owner_decided_alone_is_the_first_of_the_candidates() -> None:
    """Without heartbeats and with them, the same node is the best."""
    known = snapshot([service("s", "192.0.2.1")], {"s": slices("s", "a")}, NODES, l2=ALL)
    found = candidates(known, "b")[ADDRESS]
    assert announcers(known) == [owner(ADDRESS, set(found.nodes), found.weights)]
