"""Short ways to spell the views that the announcer's tests need.

Pure.
"""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address

from lbkit.announcer.desired import Interface
from lbkit.model.selectors import Requirement, Selector
from lbkit.model.views import (
    BFDProfile,
    BGPAdvertisement,
    Config,
    Endpoint,
    EndpointSlice,
    Key,
    L2Advertisement,
    Node,
    Peer,
    Policy,
    Pool,
    Range,
    Service,
    Snapshot,
)

ETH0 = Interface("eth0", 2, bytes.fromhex("020000000002"))
ETH1 = Interface("eth1", 3, bytes.fromhex("020000000003"))


def key(name: str) -> Key:
    """Name a Service of the namespace `web`."""
    return Key("web", name)


def service(
    name: str,
    *ingress: str,
    policy: Policy = "Cluster",
    labels: Mapping[str, str] | None = None,
    is_load_balancer: bool = True,
) -> Service:
    """Make a Service that has these addresses."""
    return Service(
        key=key(name),
        uid=f"uid-{name}",
        resource_version="1",
        generation=1,
        is_load_balancer=is_load_balancer,
        load_balancer_class=None,
        load_balancer_ip="",
        cluster_ips=(ip_address("10.96.0.1"),),
        ip_families=(4,),
        ip_family_policy="SingleStack",
        external_traffic_policy=policy,
        ports=(),
        labels=labels or {},
        annotations={},
        selector="",
        ingress=tuple(ip_address(text) for text in ingress),
        foreign_ingress=False,
        conditions=(),
    )


def node(
    name: str,
    *,
    labels: Mapping[str, str] | None = None,
    is_ready: bool = True,
    is_network_unavailable: bool = False,
    is_excluded: bool = False,
    is_unschedulable: bool = False,
    addresses: Iterable[str] = (),
) -> Node:
    """Make a node, healthy unless told otherwise."""
    return Node(
        name,
        {"kubernetes.io/hostname": name, **(labels or {})},
        is_ready=is_ready,
        is_network_unavailable=is_network_unavailable,
        is_excluded=is_excluded,
        is_unschedulable=is_unschedulable,
        addresses=tuple(ip_address(text) for text in addresses),
    )


def pool(name: str, first: str, last: str, *more: tuple[str, str], labels: Mapping[str, str] | None = None) -> Pool:
    """Make a pool of ranges."""
    pieces = ((first, last), *more)
    return Pool(name, labels or {}, tuple(Range(ip_address(low), ip_address(high)) for low, high in pieces))


def select(**labels: str) -> Selector:
    """Select what has these labels; `_` in a key stands for `-`."""
    return Selector(
        tuple(Requirement(name.replace("_", "-"), "In", frozenset({value})) for name, value in labels.items())
    )


def on_node(*names: str) -> tuple[Selector, ...]:
    """Select nodes by name."""
    return (Selector((Requirement("kubernetes.io/hostname", "In", frozenset(names)),)),)


def slices(name: str, *k8s_nodes: str, is_ready: bool = True, is_serving: bool = True) -> tuple[EndpointSlice, ...]:
    """Make one slice with an endpoint on each of these nodes."""
    endpoints = tuple(Endpoint(each, is_ready, is_serving) for each in k8s_nodes)
    return (EndpointSlice(Key("web", f"{name}-1"), key(name), endpoints),)


def peer(name: str, address: str | None, **options: object) -> Peer:
    """Make an eBGP peer."""
    fields: dict[str, object] = {"my_asn": 64512, "peer_asn": 64513, **options}
    return Peer(name=name, address=ip_address(address) if address else None, **fields)  # type: ignore[arg-type]  # tests name any field


POOL = pool("main", "192.0.2.0", "192.0.2.255", ("2001:db8::", "2001:db8::ff"))


def snapshot(
    services: Iterable[Service],
    endpoints: Mapping[str, tuple[EndpointSlice, ...]],
    nodes: Iterable[Node],
    *,
    pools: tuple[Pool, ...] = (POOL,),
    l2: tuple[L2Advertisement, ...] = (),
    bgp: tuple[BGPAdvertisement, ...] = (),
    peers: tuple[Peer, ...] = (),
    bfd_profiles: tuple[BFDProfile, ...] = (),
    communities: Mapping[str, str] | None = None,
) -> Snapshot:
    """Put a snapshot together."""
    return Snapshot(
        Config(pools, l2, bgp, peers, bfd_profiles, communities or {}),
        {each.key: each for each in services},
        {key(name): found for name, found in endpoints.items()},
        {each.name: each for each in nodes},
    )
