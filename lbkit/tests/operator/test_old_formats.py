"""MetalLB's older formats: what they said, today's manifests say."""

from typing import Any

import pytest

from lbkit.operator.inventory import config_of, read
from lbkit.operator.old_formats import convert
from lbkit.tests.operator.build import obj

Json = Any  # JSON

CONFIG_MAP = """
peers:
- peer-address: 10.0.0.1
  peer-asn: 64501
  my-asn: 64500
  peer-port: 1179
  hold-time: 120s
  keepalive-time: 30s
  router-id: 1.2.3.4
  source-address: 10.0.0.2
  ebgp-multihop: true
  bfd-profile: fast
  node-selectors:
  - match-labels: {rack: a}
    match-expressions:
    - {key: arch, operator: In, values: [amd64]}
bfd-profiles:
- {name: fast, receive-interval: 180, transmit-interval: 180, detect-multiplier: 15, echo-interval: 62,
   passive-mode: true, minimum-ttl: 254}
bgp-communities:
  no-advertise: 65535:65282
  odd: 1234:1
address-pools:
- name: by-bgp
  protocol: bgp
  addresses: [198.51.100.0/24]
  avoid-buggy-ips: true
  bgp-advertisements:
  - {aggregation-length: 32, localpref: 100, communities: [no-advertise]}
  - {aggregation-length: 24}
- name: by-bgp-simply
  protocol: bgp
  addresses: [203.0.113.0/24]
- name: by-layer2
  protocol: layer2
  auto-assign: false
  addresses: [192.168.1.240-192.168.1.250]
"""


def config_map(text: str) -> Json:
    """Give the ConfigMap of before 0.13."""
    return {
        "kind": "ConfigMap",
        "metadata": {"name": "config", "namespace": "metallb-system"},
        "data": {"config": text},
    }


def by_name(items: tuple[Json, ...]) -> dict[str, Json]:
    """{kind/name: spec}."""
    return {f"{item['kind']}/{item['metadata']['name']}": item["spec"] for item in items}


def test_the_config_map_becomes_objects() -> None:
    """Every section, every key."""
    converted = convert(config_map(CONFIG_MAP), "metallb-system")
    assert converted.notes == ()
    specs = by_name(converted.items)
    assert specs == {
        "BGPPeer/peer1": {
            "peerAddress": "10.0.0.1",
            "peerASN": 64501,
            "myASN": 64500,
            "peerPort": 1179,
            "holdTime": "120s",
            "keepaliveTime": "30s",
            "routerID": "1.2.3.4",
            "sourceAddress": "10.0.0.2",
            "ebgpMultiHop": True,
            "bfdProfile": "fast",
            "nodeSelectors": [
                {
                    "matchLabels": {"rack": "a"},
                    "matchExpressions": [{"key": "arch", "operator": "In", "values": ["amd64"]}],
                }
            ],
        },
        "BFDProfile/fast": {
            "receiveInterval": 180,
            "transmitInterval": 180,
            "detectMultiplier": 15,
            "echoInterval": 62,
            "passiveMode": True,
            "minimumTtl": 254,
        },
        "Community/communities": {
            "communities": [{"name": "no-advertise", "value": "65535:65282"}, {"name": "odd", "value": "1234:1"}]
        },
        "IPAddressPool/by-bgp": {"addresses": ["198.51.100.0/24"], "avoidBuggyIPs": True},
        "BGPAdvertisement/by-bgp-1": {
            "ipAddressPools": ["by-bgp"],
            "aggregationLength": 32,
            "localPref": 100,
            "communities": ["no-advertise"],
        },
        "BGPAdvertisement/by-bgp-2": {"ipAddressPools": ["by-bgp"], "aggregationLength": 24},
        "IPAddressPool/by-bgp-simply": {"addresses": ["203.0.113.0/24"]},
        "BGPAdvertisement/by-bgp-simply": {"ipAddressPools": ["by-bgp-simply"]},
        "IPAddressPool/by-layer2": {"addresses": ["192.168.1.240-192.168.1.250"], "autoAssign": False},
        "L2Advertisement/by-layer2": {"ipAddressPools": ["by-layer2"]},
    }


def test_what_comes_of_it_is_a_valid_configuration() -> None:
    """By the rules of today."""
    _, problems = config_of(read(convert(config_map(CONFIG_MAP), "metallb-system").items))
    assert problems == ()


def test_what_is_not_known_is_told() -> None:
    """Sections, keys, and passwords in clear."""
    pools = "address-pools: [{name: a, protocol: layer2, addresses: [], odd: 1}]"
    text = f"{pools}\npeers: [{{peer-address: x, password: y}}]\nextra: 1"
    assert convert(config_map(text), "metallb-system").notes == (
        "address pool a: odd is not known; left out",
        "peer x: its password is written in clear; passwordSecret hides it",
        "ConfigMap: the section extra is not known; left out",
    )


@pytest.mark.parametrize(
    "item", [config_map("a: 1"), config_map(""), {"kind": "Deployment", "metadata": {"name": "x"}}]
)
def test_what_is_no_configuration_is_left_out_and_told(item: Json) -> None:
    """A file may hold more than MetalLB's."""
    converted = convert(item, "metallb-system")
    assert converted.items == ()
    assert "is no configuration of MetalLB's; left out" in converted.notes[0]


def test_an_address_pool_becomes_a_pool_and_an_advertisement() -> None:
    """AddressPool is gone since 0.14."""
    spec = {"protocol": "bgp", "addresses": ["10.0.0.0/24"], "bgpAdvertisements": [{"localPref": 5, "communities": []}]}
    converted = convert(obj("AddressPool", "a", spec), "metallb-system")
    assert by_name(converted.items) == {
        "IPAddressPool/a": {"addresses": ["10.0.0.0/24"]},
        "BGPAdvertisement/a": {"ipAddressPools": ["a"], "localPref": 5},
    }
    assert converted.notes == ("AddressPool a becomes IPAddressPool, BGPAdvertisement",)


def test_an_old_peer_and_another_namespace_are_brought_up_to_date() -> None:
    """Arc keeps its objects in kube-system."""
    item = obj("BGPPeer", "p", {"myASN": 1}, namespace="kube-system", metadata={"uid": "x", "resourceVersion": "7"})
    item["apiVersion"] = "metallb.io/v1beta1"
    converted = convert({**item, "status": {}}, "metallb-system")
    assert converted.items == (
        {
            "apiVersion": "metallb.io/v1beta2",
            "kind": "BGPPeer",
            "metadata": {"name": "p", "namespace": "metallb-system"},
            "spec": {"myASN": 1},
        },
    )
    assert len(converted.notes) == 2
