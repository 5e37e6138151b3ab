"""BFD-006: with graceful restart, too, routes of a node that BFD has lost are removed, and not kept as stale.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bfd, bgp, bgp_loss, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, SESSION_S
from conformance.suite.world import World

GONE_S = 5.0  # less than any hold or restart time; how soon is BFD-002's matter
CASE = Case(
    id="BFD-006",
    title="with graceful restart, silence of BFD removes routes all the same",
    lab="bgp",
    features=("bgp", "bfd", "gr"),
    backend="echo",
    source="RFC 5882 section 4.3 (a session whose BFD shares fate with the control plane, C bit 0); catalogue BFD-006",
    checks=(ipam.assigned(ASSIGN_S), bgp_loss.restartable(), bfd.detects(GONE_S)),
    timeout_s=180,
)


def test_bfd_006_leaves_nothing_stale(world: World) -> None:
    """Configure the peers anew, with graceful restart; drop BFD packets at one router, and look at its routes."""
    router, *others = world.lab.peering_routers()
    world.wire.capture_bgp(router, *others)
    world.peers(anew=True, enableGracefulRestart=True)
    world.routers.follow((router, *others), "bgp_rib")
    world.routers.follow((router,), "bgp_peers")
    world.routers.follow((router,), "bfd")
    world.apply()
    world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S + SESSION_S)
    world.hold("BFD", SESSION_S)
    world.routers.faults.cut_bfd(router)
    world.hold("the router", GONE_S + 1)
    world.routers.faults.heal_bfd(router)
