"""BGP-021: aggregationLengthV6 124 makes one prefix of the IPv6 addresses in it, and no host routes.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp_follow, ipam
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-021",
    title="an IPv6 aggregate is one prefix, and takes the place of the host routes",
    lab="bgp",
    features=("bgp", "aggregation6", "ipv6", "ipv6-session"),
    backend="echo",
    source="https://metallb.io/configuration/_advanced_bgp_configuration/; RFC 4271 section 9.2.2.2, RFC 2545",
    checks=(
        ipam.assigned(ASSIGN_S, at_least=2),
        bgp_follow.only_on("tor1", "tor2", prefix_length=124, over="ipv6"),
    ),
)


def test_bgp_021_ipv6_may_be_aggregated(world: World) -> None:
    """Two IPv6 Services in one /124."""
    world.peers(over="ipv6")
    world.routers.follow(world.lab.peering_routers(), "bgp_rib6")
    world.apply()
    world.families("one", 6)
    world.families("two", 6)
    world.hold("the routers")
