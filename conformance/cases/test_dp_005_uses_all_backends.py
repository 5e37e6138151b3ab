"""DP-005: under externalTrafficPolicy Cluster new connections reach every ready pod; it is told how evenly.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import backends, ecmp, ipam
from conformance.suite.serving import served
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CONNECTIONS = 300
CASE = Case(
    id="DP-005",
    title="300 new connections reach every ready backend of a Service",
    lab="l2",
    elsewhere=("bgp",),
    features=("datapath",),
    backend="echo",
    source="Kubernetes API, Service externalTrafficPolicy: Cluster routes to all endpoints; catalogue DP-005",
    checks=(
        ipam.assigned(ASSIGN_S),
        ecmp.flows_answered(at_least=CONNECTIONS),
        backends.all_used(at_least=CONNECTIONS),
    ),
)


def test_dp_005_uses_all_backends(world: World) -> None:
    """Open 300 connections to a Service with a pod on each node."""
    (address,) = served(world)
    world.traffic.flows(address, CONNECTIONS)
