"""BGP-010: under externalTrafficPolicy Cluster every eligible node is a next hop, wherever the pods are.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-010",
    title="under externalTrafficPolicy Cluster every eligible node advertises, wherever the pods are",
    lab="bgp",
    features=("bgp",),
    source="Kubernetes API, Service spec.externalTrafficPolicy (Cluster); catalogue BGP-010",
    checks=(ipam.assigned(ASSIGN_S), bgp.host_route(ANNOUNCE_S), bgp.next_hops()),
)


def test_bgp_010_cluster_policy_uses_all_nodes(world: World) -> None:
    """Run one pod, on one node, and advertise its Service."""
    world.peers()
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.apply("Deployment", node_1=world.lab.eligible[0])
    world.pods_ready(1)
    world.routers.follow(world.lab.peering_routers(), "bgp_rib")
    world.apply("Service")
    world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.hold("that nobody leaves")
