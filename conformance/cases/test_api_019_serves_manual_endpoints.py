"""API-019: a Service without a selector is served by the EndpointSlice that somebody wrote for it.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, phases
from conformance.suite.waits import ASSIGN_S, KUBE_PROXY_S, SERVED_S
from conformance.suite.world import World

CASE = Case(
    id="API-019",
    title="a selector-less Service with a manual EndpointSlice is served",
    lab="l2",
    features=("api",),
    backend="echo",
    source="Kubernetes API, Services without selectors; EndpointSlice, label kubernetes.io/service-name",
    checks=(ipam.assigned(ASSIGN_S), phases.reachable("tcp by hand", within_s=KUBE_PROXY_S)),
)


def test_api_019_serves_manual_endpoints(world: World) -> None:
    """Write a slice with one pod's address, and ask the Service for it."""
    pod, node = world.cluster.pod()
    world.apply("IPAddressPool", "L2Advertisement")
    world.apply("EndpointSlice", "Service", address=pod, node=node)
    world.traffic.phase("by hand", {"tcp": (world.address(), 80)}, served_s=SERVED_S)
