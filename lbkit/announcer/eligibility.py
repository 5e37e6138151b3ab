"""Which k8s nodes may announce a Service at all, and for what reason one may not.

Both protocols ask the same questions of a node and of the Service's endpoints. Ready is not among them, as in MetalLB:
on layer 2 the segment tells who is alive, and who is not Ready only gives way to others there; by BGP a dead node's
session ends by itself, and a live one must not withdraw because its kubelet is late.

A node whose endpoints are all on their way out is left to those with ready ones, as load balancers with health checks
leave it (KEP-1669: kube-proxy's health check fails there, and what still arrives is served). So new connections are
gone from it before its last pod is. MetalLB keeps such a node until that moment.
Source: MetalLB's rules for nodes (label, NetworkUnavailable); KEP-1669 and KEP-1672 for endpoints.

Pure.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lbkit.model.names import Reason
from lbkit.model.selectors import Selector, any_matches
from lbkit.model.views import EndpointSlice, Node, Service


@dataclass(frozen=True, slots=True)
class Serving:
    """Where a Service's serving endpoints are.

    Args:
        anywhere: there is at least one, on whatever node.
        k8s_nodes: names of the nodes that host one which new connections are to go to.
        ready: {k8s node: how many of those it hosts}.
    """

    anywhere: bool
    k8s_nodes: frozenset[str]
    ready: Mapping[str, int] = field(default_factory=dict)


def serving(slices: Iterable[EndpointSlice]) -> Serving:
    """Find the endpoints that new connections are to go to: ready ones; without any, terminating ones that still serve.

    Endpoints that no slice gives a node count as being somewhere, and make no node a host.
    """
    ready: Counter[str] = Counter()
    terminating: Counter[str] = Counter()
    for piece in slices:
        for endpoint in piece.endpoints:
            if endpoint.is_ready:
                ready[endpoint.k8s_node] += 1
            elif endpoint.is_serving:
                terminating[endpoint.k8s_node] += 1
    chosen = ready or terminating
    return Serving(bool(chosen), frozenset(filter(None, chosen)), chosen)


def node_refusal(node: Node | None, *, ignore_exclude_label: bool = False) -> Reason | None:
    """Say why a node announces nothing, whatever the Service.

    Args:
        node: the view, or None if the API server does not know the node.
        ignore_exclude_label: whether `node.kubernetes.io/exclude-from-external-load-balancers` is to be overlooked.

    Returns:
        The reason, or None if it may announce.
    """
    if node is None:
        return Reason.NODE_UNKNOWN
    if node.is_excluded and not ignore_exclude_label:
        return Reason.NODE_EXCLUDED
    if node.is_network_unavailable:
        return Reason.NODE_NETWORK_UNAVAILABLE
    return None


def endpoint_refusal(service: Service, endpoints: Serving, k8s_node: str) -> Reason | None:
    """Say why a Service's endpoints forbid that this node announces it.

    Returns:
        NoEndpoints if nothing serves anywhere, NoLocalEndpoints under `externalTrafficPolicy: Local` if nothing serves
        on the node, else None.
    """
    if not endpoints.anywhere:
        return Reason.NO_ENDPOINTS
    if service.external_traffic_policy == "Local" and k8s_node not in endpoints.k8s_nodes:
        return Reason.NO_LOCAL_ENDPOINTS
    return None


def selected_nodes(nodes: Iterable[Node], selectors: tuple[Selector, ...]) -> frozenset[str]:
    """Name the nodes that an advertisement's `nodeSelectors` choose; none written chooses all."""
    return frozenset(node.name for node in nodes if any_matches(selectors, node.labels))


def candidates(service: Service, endpoints: Serving, selected: frozenset[str]) -> frozenset[str]:
    """Narrow the nodes selected for a Service to those whose endpoints allow it.

    Args:
        service: whose `externalTrafficPolicy` decides.
        endpoints: where it serves.
        selected: names of the nodes that pass `node_refusal` and an advertisement's selectors.
    """
    if not endpoints.anywhere:
        return frozenset()
    return selected & endpoints.k8s_nodes if service.external_traffic_policy == "Local" else selected
