"""BGP-020: aggregationLength 28 makes one prefix of the addresses in it, and no host routes.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp_follow, ipam
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-020",
    title="an aggregate is one prefix, and takes the place of the host routes",
    lab="bgp",
    features=("bgp", "aggregation"),
    backend="echo",
    source="https://metallb.io/configuration/_advanced_bgp_configuration/; RFC 4271 section 9.2.2.2",
    checks=(ipam.assigned(ASSIGN_S, at_least=2), bgp_follow.only_on("tor1", "tor2", prefix_length=28)),
)


def test_bgp_020_addresses_may_be_aggregated(world: World) -> None:
    """Two Services in one /28."""
    world.peers()
    world.routers.follow(world.lab.peering_routers(), "bgp_rib")
    world.apply()
    world.addresses(2)
    world.hold("the routers")
