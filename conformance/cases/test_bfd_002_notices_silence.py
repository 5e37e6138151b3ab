"""BFD-002: when BFD packets stop, and nothing else, the session ends within the detection time.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bfd, bgp, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, SESSION_S
from conformance.suite.world import World

CASE = Case(
    id="BFD-002",
    title="silence of BFD ends the BGP session within the detection time",
    lab="bgp",
    features=("bgp", "bfd"),
    backend="echo",
    source="RFC 5880 section 6.8.4, RFC 5882 section 4.2; catalogue BFD-002 (1.5 detection times and 0.5 s)",
    checks=(ipam.assigned(ASSIGN_S), bfd.detects()),
    timeout_s=180,
)


def test_bfd_002_notices_silence(world: World) -> None:
    """Drop BFD packets at one router, and look at its sessions and routes."""
    router, *others = world.lab.peering_routers()
    world.peers()
    world.routers.follow((router, *others), "bgp_rib")
    world.routers.follow((router,), "bgp_peers")
    world.routers.follow((router,), "bfd")
    world.apply()
    world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.hold("BFD", SESSION_S)
    world.routers.faults.cut_bfd(router)
    world.hold("the router", 4)
    world.routers.faults.heal_bfd(router)
