"""BGP-022: an advertisement that names peers is for those alone.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp_follow, ipam
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-022",
    title="an advertisement for chosen peers reaches no other router",
    lab="bgp",
    features=("bgp", "peer-select"),
    backend="echo",
    source="https://metallb.io/configuration/_advanced_bgp_configuration/ (spec.peers of a BGPAdvertisement)",
    checks=(ipam.assigned(ASSIGN_S), bgp_follow.only_on("tor1")),
)


def test_bgp_022_peers_may_be_chosen(world: World) -> None:
    """Advertise to the peers of tor1 and look at both routers."""
    world.peers()
    world.routers.follow(world.lab.peering_routers(), "bgp_rib")
    world.apply()
    world.address()
    world.hold("the routers")
