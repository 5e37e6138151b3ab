"""BFD-001: a BFD session beside each BGP session, with the profile's times.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bfd, bgp
from conformance.suite.waits import SESSION_S
from conformance.suite.world import World

UP_S = 5.0
CASE = Case(
    id="BFD-001",
    title="BFD is up soon after BGP, with the detection time of the profile",
    lab="bgp",
    features=("bgp", "bfd"),
    source="RFC 5880 section 6.8.4, RFC 5881 section 4 and 5 (TTL 255, which the router checks); catalogue BFD-001",
    checks=(bgp.established(SESSION_S), bfd.up(UP_S)),
)


def test_bfd_001_comes_up_beside_bgp(world: World) -> None:
    """Configure the peers anew and look at BFD on both routers."""
    routers = world.lab.peering_routers()
    world.peers(anew=True)
    world.routers.follow(routers, "bgp_peers", "bfd")
    world.until(bgp.established(SESSION_S), SESSION_S)
    world.until(bfd.up(UP_S), UP_S)
    world.hold("that it stays")
