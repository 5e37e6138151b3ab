"""BGP-034: a router that asks for the routes again gets all of them, on the same session.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_wire, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-034",
    title="ROUTE-REFRESH is answered with the whole table, and no session is reset",
    lab="bgp",
    features=("bgp",),
    backend="echo",
    source="RFC 2918 section 4",
    checks=(ipam.assigned(ASSIGN_S, at_least=3), bgp_wire.refreshed()),
)


def test_bgp_034_answers_a_route_refresh(world: World) -> None:
    """Advertise three addresses, and have both routers ask for everything again."""
    routers = world.lab.peering_routers()
    world.peers()
    world.wire.capture_bgp(*routers)
    world.routers.follow(routers, "bgp_rib")
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.create_services(3, 1)
    world.addresses(3)
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.mark("refresh")
    for router in routers:
        world.routers.refresh(router, tuple(map(str, world.lab.peering(router))))
    world.hold("the wire", 3)
