"""DP-001: of 200 connections from behind the gateway each is answered.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ecmp, ipam
from conformance.suite.serving import served
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CONNECTIONS = 200
CASE = Case(
    id="DP-001",
    title="200 TCP connections from outside, all answered",
    lab="l2",
    elsewhere=("bgp",),
    features=("datapath",),
    backend="echo",
    source='Kubernetes API, Service of type LoadBalancer ("exposes the Service externally"); catalogue DP-001',
    checks=(ipam.assigned(ASSIGN_S), ecmp.flows_answered(at_least=CONNECTIONS)),
)


def test_dp_001_takes_connections(world: World) -> None:
    """Open 200 connections from behind the gateway."""
    (address,) = served(world)
    world.traffic.flows(address, CONNECTIONS)
