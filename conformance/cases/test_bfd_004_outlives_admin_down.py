"""BFD-004: a router whose operator takes BFD down keeps its BGP sessions.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bfd, bgp, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, SESSION_S
from conformance.suite.world import World

CASE = Case(
    id="BFD-004",
    title="BGP stays when BFD is taken down on purpose",
    lab="bgp",
    features=("bgp", "bfd"),
    backend="echo",
    source="RFC 5882 section 4.2 (AdminDown is no failure of the path); catalogue BFD-004",
    checks=(ipam.assigned(ASSIGN_S), bfd.outlives_admin_down(8.0)),
    timeout_s=180,
)


def test_bfd_004_outlives_admin_down(world: World) -> None:
    """Shut BFD down on one router, and let it come up again."""
    router, *others = world.lab.peering_routers()
    world.peers()
    world.routers.follow((router, *others), "bgp_rib", "bgp_peers")
    world.routers.follow((router,), "bfd")
    world.apply()
    world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.hold("BFD", SESSION_S)
    world.mark("admin-down")
    profile = ("bfd", "profile lab")
    world.routers.faults.configure(router, *profile, "shutdown", undo=(*profile, "no shutdown"))
    world.hold("BGP", 9)
    world.mark("admin-up")
    world.routers.faults.restore()
    world.hold("BGP", 6)
