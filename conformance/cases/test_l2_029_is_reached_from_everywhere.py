"""L2-029: connections from the segment and from behind the gateway all succeed.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ecmp, ipam
from conformance.suite.facts import CLIENT
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S
from conformance.suite.world import World

EACH = 200
CASE = Case(
    id="L2-029",
    title="200 connections from the segment and 200 from behind the gateway, all answered",
    lab="l2",
    features=("layer2",),
    backend="echo",
    source='Kubernetes API, Service of type LoadBalancer ("exposes the Service externally"); catalogue L2-029',
    checks=(ipam.assigned(ASSIGN_S), ecmp.flows_answered(at_least=2 * EACH)),
)


def test_l2_029_is_reached_from_everywhere(world: World) -> None:
    """Open 200 connections from each client."""
    world.apply()
    address = world.address()
    world.hold("the first owner and the way to the pods", ANNOUNCE_S + KUBE_PROXY_S)
    for client in world.lab.with_role(CLIENT):
        world.traffic.flows(address, EACH, client=client.name)
