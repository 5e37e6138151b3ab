"""BGP-008: a route goes with the address: when the Service changes its type, and when it is deleted.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, WITHDRAW_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-008",
    title="the route is withdrawn on type change and on delete",
    lab="bgp",
    features=("bgp",),
    backend="echo",
    source="RFC 4271 section 3.1 (withdrawing routes); Kubernetes API, Service spec.type; catalogue BGP-008",
    checks=(ipam.assigned(ASSIGN_S, at_least=2), bgp.withdrawn(WITHDRAW_S, at_least=2)),
)


def test_bgp_008_withdraws_the_route(world: World) -> None:
    """Advertise two Services, then change the type of one and delete the other."""
    world.peers()
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.routers.follow(world.lab.peering_routers(), "bgp_rib")
    world.apply("Service")
    world.addresses(2)
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.change("changed", type="ClusterIP")
    world.delete("Service", "deleted")
    world.until(bgp.withdrawn(WITHDRAW_S, at_least=2), WITHDRAW_S)
    world.hold("that the routes stay away")
