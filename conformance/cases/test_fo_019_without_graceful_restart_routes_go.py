"""FO-019: without graceful restart a BGP speaker that crashes takes its routes away, and brings them back.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_loss, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, SESSION_S
from conformance.suite.world import World

BACK_S = 20.0  # a container that is started again, and a session
CASE = Case(
    id="FO-019",
    title="without graceful restart a crash of the BGP speaker is seen as a withdrawal, and its routes come back",
    lab="bgp",
    features=("failover", "gr"),
    backend="echo",
    source="RFC 4271 section 9 (routes of a session that ends are removed); catalogue FO-019",
    checks=(ipam.assigned(ASSIGN_S), bgp_loss.leaves_and_returns(BACK_S)),
    timeout_s=240,
)


def test_fo_019_without_graceful_restart_routes_go(world: World) -> None:
    """Kill what speaks BGP on one node, and look at the routers."""
    routers, node = world.lab.peering_routers(), world.lab.eligible[1]
    world.peers(anew=True)
    world.routers.follow(routers, "bgp_rib")
    world.apply()
    world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S + SESSION_S)
    world.faults.kill("engine", node)
    world.faults.back("engine")
    world.until(bgp_loss.leaves_and_returns(BACK_S), BACK_S)
