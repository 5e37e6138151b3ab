"""Does the addressing of a lab hold together? Asked on paper, before anything starts.

An address lives in four places: `exec` lines, router configurations, manifests and kind's configuration. containerlab
starts a lab in which they disagree, and a wrong digit then looks like a broken load balancer. Each rule here is one
such disagreement; each says where, and what would fit.

Pure.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from lbkit.errors import Problem
from lbkit.lab.commands import IPInterface
from lbkit.lab.peerings import peering_problems
from lbkit.lab.topology import Lab
from lbkit.lab.wiring import Endpoint
from lbkit.model.addresses import span
from lbkit.model.config import build
from lbkit.model.names import HOSTNAME_LABEL
from lbkit.model.used_networks import UsedNetwork
from lbkit.model.views import IPNetwork, Node, Pool, Range

MTU_BYTES: Final = 1500
"""What eth0 and pods have; with another value on its links, TCP in a lab chooses sizes that do not arrive."""


def lint(lab: Lab) -> tuple[Problem, ...]:
    """Check one lab.

    Returns:
        Everything that does not fit, in the order of the rules; empty for a sound lab.
    """
    return tuple(
        problem
        for rule in (
            _mtus,
            _twin_macs,
            _unaddressed,
            _half_stacks,
            _twin_addresses,
            _special_addresses,
            _mixed_segments,
            _overlapping_networks,
            _dead_routes,
            _pools,
            _pools_off_the_lan,
            _pools_on_links,
            _interfaces_of_advertisements,
            peering_problems,
        )
        for problem in rule(lab)
    )


def lint_together(labs: Iterable[Lab]) -> tuple[Problem, ...]:
    """Check that labs can be up at once on one host: nothing that both use is the same.

    Returns:
        Everything that clashes, pair by pair; empty where nothing does.
    """
    return tuple(problem for one, other in combinations(labs, 2) for problem in _clashes(one, other))


@dataclass(frozen=True, slots=True)
class _Place:
    """An address and the interface it is set on."""

    endpoint: Endpoint
    address: IPInterface


def _places(lab: Lab) -> Iterator[_Place]:
    for node in lab.nodes:
        for interface in node.interfaces:
            for address in interface.addresses:
                yield _Place(Endpoint(node.name, interface.name), address)


def _macs(lab: Lab) -> Iterator[tuple[Endpoint, str]]:
    for node in lab.nodes:
        for interface in node.interfaces:
            yield Endpoint(node.name, interface.name), interface.mac


def _path(lab: Lab, what: object) -> str:
    return f"{lab.topology_file}: {what}"


def _overlap(one: IPNetwork, other: IPNetwork) -> bool:
    return one.version == other.version and one.overlaps(other)


def _mtus(lab: Lab) -> Iterator[Problem]:
    for index, link in enumerate(lab.links):
        if link.mtu_bytes != MTU_BYTES:
            ends = " -- ".join(f"{end.node}:{end.interface}" for end in link.ends)
            yield Problem(_path(lab, f"links[{index}].mtu"), f"{ends} has {link.mtu_bytes} bytes, wanted {MTU_BYTES}")


def _twin_macs(lab: Lab) -> Iterator[Problem]:
    seen: dict[str, Endpoint] = {}
    for endpoint, mac in _macs(lab):
        if mac in seen:
            yield Problem(_path(lab, endpoint), f"mac {mac} is also {seen[mac]}'s")
        seen.setdefault(mac, endpoint)


def _unaddressed(lab: Lab) -> Iterator[Problem]:
    for segment in lab.segments:
        for endpoint in segment.endpoints:
            if not lab.node(endpoint.node).interface(endpoint.interface).addresses:
                yield Problem(_path(lab, endpoint), "has no address; set one by ip addr replace in exec")


def _half_stacks(lab: Lab) -> Iterator[Problem]:
    """A family that one end of a link has and another lacks is a lab in which half the traffic has no way."""
    for segment in lab.segments:
        families = {end: {network.version for _, network in _networks_of(lab, [end])} for end in segment.endpoints}
        for endpoint, own in families.items():
            for other, theirs in families.items():
                if own and (missing := theirs - own):
                    yield Problem(_path(lab, endpoint), f"has no IPv{missing.pop()} address, but {other} has one")
                    break


def _twin_addresses(lab: Lab) -> Iterator[Problem]:
    seen: dict[object, Endpoint] = {}
    for place in _places(lab):
        if place.address.ip in seen:
            yield Problem(_path(lab, place.endpoint), f"{place.address.ip} is also set on {seen[place.address.ip]}")
        seen.setdefault(place.address.ip, place.endpoint)


def _special_addresses(lab: Lab) -> Iterator[Problem]:
    for place in _places(lab):
        network = place.address.network
        # RFC 3021: a /31 has neither a network nor a broadcast address.
        if network.version == 4 and network.prefixlen < 31:
            for what, special in (("network", network.network_address), ("broadcast", network.broadcast_address)):
                if place.address.ip == special:
                    yield Problem(_path(lab, place.endpoint), f"{special} is the {what} address of {network}")
        # RFC 4291 section 2.6.1: the lowest address is that of all routers; RFC 6164 takes /127 links out.
        if network.version == 6 and network.prefixlen < 127 and place.address.ip == network.network_address:
            yield Problem(
                _path(lab, place.endpoint), f"{place.address.ip} is the anycast address of routers in {network}"
            )


def _networks_of(lab: Lab, endpoints: Iterable[Endpoint]) -> Iterator[tuple[Endpoint, IPNetwork]]:
    for endpoint in endpoints:
        for address in lab.node(endpoint.node).interface(endpoint.interface).addresses:
            yield endpoint, address.network


def _mixed_segments(lab: Lab) -> Iterator[Problem]:
    for segment in lab.segments:
        first: dict[int, tuple[Endpoint, IPNetwork]] = {}
        for endpoint, network in _networks_of(lab, segment.endpoints):
            leader, wanted = first.setdefault(network.version, (endpoint, network))
            if network != wanted:
                yield Problem(_path(lab, endpoint), f"is in {network}, but {leader} on the same link is in {wanted}")


def _link_networks(lab: Lab) -> tuple[tuple[str, IPNetwork], ...]:
    """Every network of every segment, with the segment's name."""
    return tuple(
        (f"link {segment.name}", network)
        for segment in lab.segments
        for network in dict.fromkeys(network for _, network in _networks_of(lab, segment.endpoints))
    )


def _reserved(lab: Lab) -> Iterator[tuple[str, IPNetwork]]:
    """The networks that are not on links, with whose they are."""
    yield from (("management", subnet) for subnet in lab.management.subnets)
    for cluster in lab.clusters:
        yield from ((f"pods of cluster {cluster.name}", subnet) for subnet in cluster.pod_networks)
        yield from ((f"Services of cluster {cluster.name}", subnet) for subnet in cluster.service_networks)


def _overlapping_networks(lab: Lab) -> Iterator[Problem]:
    named = (*_link_networks(lab), *_reserved(lab))
    for (one, first), (other, second) in combinations(named, 2):
        if one != other and _overlap(first, second):
            yield Problem(_path(lab, other), f"{second} overlaps {first} ({one})")


def _dead_routes(lab: Lab) -> Iterator[Problem]:
    """A next hop must be another node's address on a link of this node."""
    addresses = {place.address.ip: place.endpoint for place in _places(lab)}
    for node in lab.nodes:
        reachable = {
            endpoint
            for segment in lab.segments
            if any(member.node == node.name for member in segment.endpoints)
            for endpoint in segment.endpoints
            if endpoint.node != node.name
        }
        for route in node.routes:
            for hop in route.next_hops:
                if addresses.get(hop) not in reachable:
                    yield Problem(
                        _path(lab, f"nodes.{node.name}.exec"),
                        f"route to {route.destination}: no neighbour of {node.name} has {hop}",
                    )


def _pools(lab: Lab) -> Iterator[Problem]:
    """The controller's own rules, and that no pool holds an address somebody has."""
    hosts = [UsedNetwork(str(place.endpoint), Range(place.address.ip, place.address.ip)) for place in _places(lab)]
    reserved = [UsedNetwork(owner, span(network)) for owner, network in _reserved(lab)]
    nodes = [_k8s_node(node.name) for node in lab.with_role("k8s-node")]
    manifests = lab.manifests
    _, problems = build(
        pools=manifests.pools,
        l2_advertisements=manifests.l2_advertisements,
        bgp_advertisements=manifests.bgp_advertisements,
        peers=manifests.peers,
        bfd_profiles=manifests.bfd_profiles,
        networks=(*hosts, *reserved),
        nodes=nodes,
    )
    for problem in problems:
        yield Problem(f"{problem.kind}/{problem.name}: {problem.path}", problem.message)
    for pool in manifests.pools:
        choices = (
            *(item.pools for item in manifests.l2_advertisements),
            *(item.pools for item in manifests.bgp_advertisements),
        )
        if not any(choice.matches(pool) for choice in choices):
            yield Problem(f"IPAddressPool/{pool.name}", "no advertisement means it, so nobody will reach its addresses")


def _k8s_node(name: str) -> Node:
    return Node(
        name=name, labels={HOSTNAME_LABEL: name}, is_ready=True, is_network_unavailable=False, is_excluded=False
    )


def _inside(piece: Range, network: IPNetwork) -> bool:
    return piece.first in network and piece.last in network


def _announced(lab: Lab) -> tuple[Pool, ...]:
    """The pools of layer 2."""
    return tuple(
        pool for pool in lab.pools if any(item.pools.matches(pool) for item in lab.manifests.l2_advertisements)
    )


def _pools_off_the_lan(lab: Lab) -> Iterator[Problem]:
    """An address that is announced must be in a network where the announcing nodes are, or nobody asks for it."""
    k8s_nodes = {node.name for node in lab.with_role("k8s-node")}
    lans = [
        network
        for segment in lab.segments
        if any(endpoint.node in k8s_nodes for endpoint in segment.endpoints)
        for _, network in _networks_of(lab, segment.endpoints)
    ]
    for pool in _announced(lab):
        for piece in pool.ranges:
            if not any(_inside(piece, lan) for lan in lans):
                yield Problem(
                    f"IPAddressPool/{pool.name}", f"{piece} is announced, but in no network of a Kubernetes node's link"
                )


def _pools_on_links(lab: Lab) -> Iterator[Problem]:
    """An address that is only advertised must be in no network of a link, or its routers ask for it by ARP."""
    announced = _announced(lab)
    for pool in lab.pools:
        if pool in announced:
            continue
        for piece in pool.ranges:
            for owner, network in _link_networks(lab):
                if _meet(piece, span(network)):
                    yield Problem(f"IPAddressPool/{pool.name}", f"{piece} overlaps {network} ({owner})")


def _meet(one: Range, other: Range) -> bool:
    return one.first in other or other.first in one


def _interfaces_of_advertisements(lab: Lab) -> Iterator[Problem]:
    k8s_nodes = lab.with_role("k8s-node")
    wired = {interface.name for node in k8s_nodes for interface in node.interfaces}
    for advertisement in lab.manifests.l2_advertisements:
        for name in sorted(advertisement.interfaces - wired):
            yield Problem(
                f"L2Advertisement/{advertisement.name}: spec.interfaces",
                f"no Kubernetes node has a link on {name}; wanted one of {', '.join(sorted(wired))}",
            )


def _clashes(one: Lab, other: Lab) -> Iterator[Problem]:
    for what, first, second in (
        ("lab name", one.name, other.name),
        ("management network", one.management.network, other.management.network),
    ):
        if first == second:
            yield Problem(_path(other, what), f"{second} is also that of {one.topology_file}")
    clusters = {cluster.name for cluster in one.clusters}
    for cluster in other.clusters:
        if cluster.name in clusters:
            yield Problem(
                _path(other, f"cluster {cluster.name}"), f"{one.topology_file} has a cluster of this name too"
            )
    for owner, network in _reserved(other):
        for holder, taken in _reserved(one):
            if _overlap(network, taken):
                yield Problem(_path(other, owner), f"{network} overlaps {taken} ({holder}) of {one.topology_file}")
    macs = {mac: endpoint for endpoint, mac in _macs(one)}
    for endpoint, mac in _macs(other):
        if mac in macs:
            yield Problem(_path(other, endpoint), f"mac {mac} is also that of {macs[mac]} in {one.topology_file}")
