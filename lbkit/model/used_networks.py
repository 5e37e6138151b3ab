"""Addresses that belong to the cluster itself, so that no pool may hold them: of nodes, of pods, of Services.

Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lbkit.model.addresses import span
from lbkit.model.views import IPAddress, IPNetwork, Key, Node, Range


@dataclass(frozen=True, slots=True)
class UsedNetwork:
    """Addresses that belong to somebody else, so that no pool may hold them.

    Args:
        owner: whose they are, as it stands in the message (`node n1`, `pods of node n1`, `Service a/b`).
    """

    owner: str
    range: Range


def node_networks(nodes: Iterable[Node]) -> tuple[UsedNetwork, ...]:
    """Give the addresses of nodes and the networks of their pods, by name of the node."""
    found: list[UsedNetwork] = []
    for node in sorted(nodes, key=lambda node: node.name):
        found += [UsedNetwork(f"node {node.name}", Range(address, address)) for address in node.addresses]
        found += [UsedNetwork(f"the pods of node {node.name}", span(network)) for network in node.pod_networks]
    return tuple(found)


def service_networks(networks: Iterable[IPNetwork]) -> tuple[UsedNetwork, ...]:
    """Give the networks that cluster addresses of Services come from, where the cluster names them."""
    return tuple(UsedNetwork("the cluster's Services", span(network)) for network in networks)


def cluster_addresses(cluster_ips: Mapping[Key, Iterable[IPAddress]]) -> tuple[UsedNetwork, ...]:
    """Give the cluster addresses of Services.

    Args:
        cluster_ips: {Service: its cluster addresses}.
    """
    return tuple(
        UsedNetwork(f"Service {key}", Range(address, address))
        for key, addresses in cluster_ips.items()
        for address in addresses
    )
