"""BGP-005: the nodes advertise host routes of pool addresses and nothing else.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-005",
    title="routers receive only host routes of pool addresses",
    lab="bgp",
    features=("bgp",),
    backend="echo",
    source="RFC 7454 section 6 (filtering what is not meant to be advertised); catalogue BGP-005",
    checks=(ipam.assigned(ASSIGN_S), bgp.only_pool_prefixes()),
)


def test_bgp_005_advertises_nothing_else(world: World) -> None:
    """Give two Services an address and watch everything the routers receive."""
    world.peers()
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.routers.follow(world.lab.peering_routers(), "bgp_rib")
    world.create_services(2, writers=1)
    world.addresses(2)
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.hold("what else the nodes advertise")
    for router in world.lab.peering_routers():
        for address, node in world.lab.peering(router).items():
            if node in world.lab.eligible:
                world.routers.received(router, str(address))
