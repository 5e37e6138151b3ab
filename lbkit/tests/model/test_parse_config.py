"""Rules for reading MetalLB's kinds into views.

Pure.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

import msgspec
import pytest

from lbkit.errors import InputError
from lbkit.model import objects, parse
from lbkit.model.parse_config import community
from lbkit.model.selectors import Requirement, Selector

RED = {"matchLabels": {"team": "red"}}
IS_RED = Selector((Requirement("team", "In", frozenset({"red"})),))


def decode(kind: type[Any], spec: Mapping[str, object], **metadata: object) -> Any:  # Any: each kind has its struct
    """Build a custom resource from its spec, through JSON as the reflector does."""
    body = {"metadata": {"name": "a", "namespace": "metallb-system"} | metadata, "spec": spec}
    return msgspec.json.decode(msgspec.json.encode(body), type=kind)


def paths(kind: type[Any], read: Any, spec: Mapping[str, object]) -> list[str]:  # Any: as above
    """Give the paths of everything wrong with `spec`."""
    with pytest.raises(InputError) as caught:
        read(decode(kind, spec))
    return [problem.path for problem in caught.value.problems]


def test_pool_is_read_whole() -> None:
    """Every field of an IPAddressPool reaches the view."""
    spec = {
        "addresses": ["10.0.0.0/30", "2001:db8::/127"],
        "autoAssign": False,
        "avoidBuggyIPs": True,
        "serviceAllocation": {
            "priority": 5,
            "namespaces": ["shop"],
            "namespaceSelectors": [RED],
            "serviceSelectors": [{"matchExpressions": [{"key": "x", "operator": "Exists"}]}],
        },
    }
    annotations = {"lbkit.io/share-between-namespaces": "shop, bar", "lbkit.io/finalizer": "true"}
    annotations["lbkit.io/quarantine"] = "1m30s"
    annotations["lbkit.io/reserved"] = "10.0.0.1=shop/web"
    view = parse.pool(decode(objects.Pool, spec, labels={"zone": "a"}, annotations=annotations))
    assert (view.name, view.labels) == ("a", {"zone": "a"})
    assert [str(piece) for piece in view.ranges] == ["10.0.0.0-10.0.0.3", "2001:db8::-2001:db8::1"]
    assert not view.auto_assign
    assert view.avoid_buggy_ips
    assert view.sharing_namespaces == {"shop", "bar"}
    assert view.has_finalizer
    assert view.quarantine_s == 90
    assert [str(item) for item in view.reservations] == ["10.0.0.1 (reserved for shop/web)"]
    assert view.service_allocation is not None
    assert view.service_allocation.priority == 5
    assert view.service_allocation.namespaces == {"shop"}
    assert view.service_allocation.namespace_selectors == (IS_RED,)
    assert view.service_allocation.service_selectors == (Selector((Requirement("x", "Exists"),)),)


def test_pool_defaults() -> None:
    """AutoAssign is on unless it is switched off; null is as good as absent."""
    view = parse.pool(decode(objects.Pool, {"addresses": ["10.0.0.0/30"], "autoAssign": None}))
    assert view.auto_assign
    assert not view.avoid_buggy_ips
    assert view.service_allocation is None
    assert view.sharing_namespaces == frozenset()
    assert not view.has_finalizer


@pytest.mark.parametrize(
    ("name", "written", "message"),
    [
        *(("finalizer", text, 'wanted "true" or "false"') for text in ("yes", "True", "1", "")),
        *(("quarantine", text, "is not a duration") for text in ("", "30", "-1s", "soon", "9" * 10_000)),
        ("quarantine", "0.5s", "is not a whole number of seconds"),
        ("quarantine", "721h", "wanted 0 to 2592000"),
        ("reserved", "10.0.0.1=web", "is no Service"),
        ("reserved", "10.0.9.1=shop/web", "not an address of this pool"),
    ],
)
def test_a_pool_s_annotation_is_read_strictly(name: str, written: str, message: str) -> None:
    """A word that means one thing to some and another to others is refused, and the pool of before stays in force."""
    pool = decode(objects.Pool, {"addresses": ["10.0.0.0/30"]}, annotations={f"lbkit.io/{name}": written})
    with pytest.raises(InputError, match=rf"metadata.annotations\[lbkit.io/{name}\]: .*{message}"):
        parse.pool(pool)


def test_pool_problems_come_all_at_once() -> None:
    """Each bad part of a pool is named in one go."""
    spec: dict[str, object] = {
        "addresses": ["10.0.0.1", "10.0.0.0/30", "10.0.0.9-10.0.0.1"],
        "serviceAllocation": {
            "priority": -1,
            "namespaces": ["a", "a"],
            "namespaceSelectors": [RED, RED],
            "serviceSelectors": [{"matchExpressions": [{"key": "x", "operator": "Near", "values": ["y"]}]}],
        },
    }
    assert paths(objects.Pool, parse.pool, spec) == [
        "spec.addresses[0]",
        "spec.addresses[2]",
        "spec.serviceAllocation.priority",
        "spec.serviceAllocation.namespaces[1]",
        "spec.serviceAllocation.namespaceSelectors[1]",
        "spec.serviceAllocation.serviceSelectors[0].matchExpressions[0].operator",
    ]


def test_pool_without_addresses_is_refused() -> None:
    """A pool has at least one range."""
    assert paths(objects.Pool, parse.pool, {}) == ["spec.addresses"]


@pytest.mark.parametrize(
    ("expression", "field"),
    [
        pytest.param({"key": "x", "operator": "In"}, "values", id="In without values"),
        pytest.param({"key": "x", "operator": "Exists", "values": ["y"]}, "values", id="Exists with values"),
        pytest.param({"operator": "Exists"}, "key", id="no key"),
        pytest.param({"key": "x", "operator": "In", "values": ["y", "y"]}, "values[1]", id="value twice"),
    ],
)
def test_a_requirement_must_make_sense(expression: dict[str, object], field: str) -> None:
    """The rules of LabelSelectorAsSelector hold for selectors in custom resources."""
    spec: dict[str, object] = {"nodeSelectors": [{"matchExpressions": [expression]}]}
    expected = [f"spec.nodeSelectors[0].matchExpressions[0].{field}"]
    assert paths(objects.L2Advertisement, parse.l2_advertisement, spec) == expected


def test_l2_advertisement_is_read_whole() -> None:
    """Every field of an L2Advertisement reaches the view."""
    spec = {
        "ipAddressPools": ["p"],
        "ipAddressPoolSelectors": [RED],
        "nodeSelectors": [RED],
        "serviceSelectors": [RED],
        "interfaces": ["eth1"],
        "preferredNodeSelectors": [{"weight": 7, "preference": RED}],
    }
    view = parse.l2_advertisement(decode(objects.L2Advertisement, spec))
    assert view.pools.names == {"p"}
    assert view.pools.selectors == (IS_RED,)
    assert view.node_selectors == view.service_selectors == (IS_RED,)
    assert view.interfaces == {"eth1"}
    assert view.preferred_nodes == ((7, IS_RED),)


def test_preferred_weight_is_1_to_100() -> None:
    """A weight outside the schema's limits is refused."""
    spec: dict[str, object] = {"preferredNodeSelectors": [{"weight": 101, "preference": RED}]}
    assert paths(objects.L2Advertisement, parse.l2_advertisement, spec) == ["spec.preferredNodeSelectors[0].weight"]


def test_bgp_advertisement_is_read_whole() -> None:
    """Every field of a BGPAdvertisement reaches the view; lengths default to host routes."""
    spec = {"communities": ["65000:1"], "peers": ["tor"], "localPref": 200, "ipAddressPools": ["p"]}
    view = parse.bgp_advertisement(decode(objects.BGPAdvertisement, spec))
    assert view.communities == ("65000:1",)
    assert view.peers == {"tor"}
    assert view.pools.names == {"p"}
    assert (view.local_pref, view.aggregation_length, view.aggregation_length_v6) == (200, 32, 128)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({"aggregationLength": 33}, "spec.aggregationLength", id="longer than an address"),
        pytest.param({"aggregationLength": 0}, "spec.aggregationLength", id="zero"),
        pytest.param({"aggregationLengthV6": 129}, "spec.aggregationLengthV6", id="longer than an IPv6 address"),
        pytest.param({"communities": ["a", "a"]}, "spec.communities[1]", id="community twice"),
        pytest.param({"communities": [f"1:{n}" for n in range(64)]}, "spec.communities", id="64 communities"),
        pytest.param({"peers": ["a", "a"]}, "spec.peers[1]", id="peer twice"),
        pytest.param(
            {"aggregationLength": 24, "serviceSelectors": [RED]},
            "spec.serviceSelectors",
            id="selectors and aggregation",
        ),
    ],
)
def test_bgp_advertisement_rules(spec: dict[str, object], expected: str) -> None:
    """MetalLB's rules for one BGPAdvertisement."""
    assert paths(objects.BGPAdvertisement, parse.bgp_advertisement, spec) == [expected]


PEER: dict[str, object] = {"myASN": 64500, "peerASN": 64501, "peerAddress": "192.0.2.1"}


def test_peer_is_read_whole() -> None:
    """Every field of a BGPPeer reaches the view, times in seconds."""
    spec = PEER | {
        "localASN": 64999,
        "sourceAddress": "192.0.2.9",
        "peerPort": 1790,
        "holdTime": "1m30s",
        "keepaliveTime": "10s",
        "connectTime": "5s",
        "routerID": "192.0.2.10",
        "nodeSelectors": [RED],
        "passwordSecret": {"name": "s"},
        "bfdProfile": "fast",
        "ebgpMultiHop": True,
        "enableGracefulRestart": True,
        "vrf": "blue",
        "dualStackAddressFamily": True,
    }
    view = parse.peer(decode(objects.BGPPeer, spec))
    assert (view.my_asn, view.peer_asn, view.local_asn) == (64500, 64501, 64999)
    assert (view.address, view.source_address) == (ip_address("192.0.2.1"), ip_address("192.0.2.9"))
    assert (view.port, view.router_id) == (1790, ip_address("192.0.2.10"))
    assert (view.hold_time_s, view.keepalive_time_s, view.connect_time_s) == (90, 10, 5)
    assert view.node_selectors == (IS_RED,)
    assert (view.password, view.password_secret, view.bfd_profile, view.vrf) == ("", "s", "fast", "blue")
    assert view.ebgp_multihop
    assert view.enable_graceful_restart
    assert view.dual_stack_address_family


def test_peer_defaults() -> None:
    """Times that were not given are the engine's to choose; the port is BGP's."""
    view = parse.peer(decode(objects.BGPPeer, PEER))
    assert (view.port, view.hold_time_s, view.keepalive_time_s, view.connect_time_s) == (179, None, None, None)


@pytest.mark.parametrize(
    ("given", "hold_time_s", "keepalive_time_s"),
    [({"holdTime": "90s"}, 90, 30), ({"keepaliveTime": "5s"}, 15, 5), ({"holdTime": "0"}, 0, 0)],
    ids=["hold only", "keepalive only", "no hold timer"],
)
def test_one_timer_gives_the_other(given: dict[str, object], hold_time_s: int, keepalive_time_s: int) -> None:
    """Keepalive is a third of hold, hold three times keepalive (RFC 4271 section 4.4)."""
    view = parse.peer(decode(objects.BGPPeer, PEER | given))
    assert (view.hold_time_s, view.keepalive_time_s) == (hold_time_s, keepalive_time_s)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"myASN": 0}, ["spec.myASN"], id="no local ASN"),
        pytest.param({"peerASN": 0}, ["spec.peerASN"], id="no peer ASN"),
        pytest.param({"dynamicASN": "external"}, ["spec.peerASN"], id="both ASNs"),
        pytest.param({"peerASN": 0, "dynamicASN": "some"}, ["spec.dynamicASN"], id="unknown dynamic ASN"),
        pytest.param({"peerASN": 2**32}, ["spec.peerASN"], id="ASN too large"),
        pytest.param({"peerAddress": ""}, ["spec.peerAddress"], id="no address"),
        pytest.param({"interface": "eth0"}, ["spec.peerAddress"], id="address and interface"),
        pytest.param({"peerAddress": "tor"}, ["spec.peerAddress"], id="a name as address"),
        pytest.param({"sourceAddress": "eth0"}, ["spec.sourceAddress"], id="a name as source"),
        pytest.param({"routerID": "::1"}, ["spec.routerID"], id="IPv6 router ID"),
        pytest.param({"holdTime": "2s"}, ["spec.holdTime"], id="hold time below three seconds"),
        pytest.param({"holdTime": "9s", "keepaliveTime": "10s"}, ["spec.keepaliveTime"], id="keepalive above hold"),
        pytest.param({"connectTime": "0s"}, ["spec.connectTime"], id="no connect time"),
        pytest.param({"connectTime": "1500ms"}, ["spec.connectTime"], id="half seconds"),
        pytest.param({"peerASN": 64500, "ebgpMultiHop": True}, ["spec.ebgpMultiHop"], id="multihop to own ASN"),
        pytest.param({"password": "x", "passwordSecret": {"name": "s"}}, ["spec.password"], id="two passwords"),
        pytest.param({"nodeSelectors": [RED, RED]}, ["spec.nodeSelectors[1]"], id="selector twice"),
        pytest.param({"myASN": 0, "holdTime": "x"}, ["spec.myASN", "spec.holdTime"], id="two at once"),
    ],
)
def test_peer_rules(change: dict[str, object], expected: list[str]) -> None:
    """MetalLB's rules for one BGPPeer."""
    assert paths(objects.BGPPeer, parse.peer, PEER | change) == expected


def test_bfd_profile_is_read_whole_and_checked() -> None:
    """Intervals stay milliseconds; each number has MetalLB's limits."""
    spec = {"receiveInterval": 300, "transmitInterval": 300, "detectMultiplier": 3, "passiveMode": True}
    view = parse.bfd_profile(decode(objects.BFDProfile, spec))
    assert (view.receive_interval_ms, view.transmit_interval_ms, view.detect_multiplier) == (300, 300, 3)
    assert (view.echo_interval_ms, view.echo_mode, view.passive_mode) == (None, False, True)
    bad: dict[str, object] = {"receiveInterval": 9, "transmitInterval": 60001, "detectMultiplier": 1, "minimumTtl": 0}
    assert len(paths(objects.BFDProfile, parse.bfd_profile, bad)) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [("65000:100", "65000:100"), ("0:0", "0:0"), ("00001:2", "1:2"), ("large:4294967295:0:1", "large:4294967295:0:1")],
)
def test_community_values(text: str, expected: str) -> None:
    """RFC 1997 and RFC 8092 values; equal communities are equal strings."""
    assert community(text) == expected


@pytest.mark.parametrize("text", ["", "65536:1", "1:2:3", "large:1:2", "large:4294967296:0:0", "no-export", "1:-1"])
def test_other_community_values_are_refused(text: str) -> None:
    """Anything that does not fit the fields of the RFCs is refused."""
    with pytest.raises(InputError, match="is no community"):
        community(text)


def test_communities_are_read_in_order() -> None:
    """A Community object is a list of aliases; duplicates and nameless ones are refused."""
    spec = {"communities": [{"name": "b", "value": "1:2"}, {"name": "a", "value": "large:1:2:3"}]}
    assert parse.communities(decode(objects.Community, spec)) == (("b", "1:2"), ("a", "large:1:2:3"))
    bad: dict[str, object] = {
        "communities": [{"value": "1:2"}, {"name": "a", "value": "x"}, {"name": "a", "value": "1:1"}]
    }
    assert paths(objects.Community, parse.communities, bad) == [
        "spec.communities[2]",
        "spec.communities[0].name",
        "spec.communities[1].value",
    ]


def secret(kind: str, data: object) -> objects.Secret:
    """Build a Secret from its JSON."""
    body = {"metadata": {"name": "s"}, "type": kind, "data": data}
    return msgspec.json.decode(msgspec.json.encode(body), type=objects.Secret)


def test_a_password_is_never_empty() -> None:
    """A missing or empty password is refused, so that no session starts without the one the user asked for."""
    assert parse.secret_password(secret("kubernetes.io/basic-auth", {"password": "aHVudGVyMg=="})) == "hunter2"
    for data in (None, {}, {"password": ""}, {"password": "/w=="}):
        with pytest.raises(InputError):
            parse.secret_password(secret("kubernetes.io/basic-auth", data))
    with pytest.raises(InputError, match="wanted kubernetes"):
        parse.secret_password(secret("Opaque", {"password": "eA=="}))
