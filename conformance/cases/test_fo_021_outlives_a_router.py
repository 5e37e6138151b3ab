"""FO-021: a router that restarts has all sessions and routes again soon, without anything being done.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_follow, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, SESSION_S
from conformance.suite.world import World

RETURN_S = SESSION_S + ANNOUNCE_S
CASE = Case(
    id="FO-021",
    title="a restarted router has all sessions and routes again",
    lab="bgp",
    features=("failover",),
    backend="echo",
    source="RFC 4271 section 8 (ConnectRetryTimer, automatic start); catalogue FO-021 (10 s and convergence)",
    checks=(ipam.assigned(ASSIGN_S), bgp_follow.sessions_return(RETURN_S)),
    timeout_s=240,
)


def test_fo_021_outlives_a_router(world: World) -> None:
    """Restart the routing daemons of one router."""
    routers = world.lab.peering_routers()
    world.peers()
    world.routers.follow(routers[1:], "bgp_rib")
    world.apply()
    world.address()
    world.routers.look(routers[0], "bgp_rib")
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.mark("down")
    world.routers.faults.restart(routers[0])
    world.routers.look(routers[0], "bgp_rib")
    world.mark("back")
    world.routers.follow(routers[:1], "bgp_rib")
    world.until(bgp_follow.sessions_return(RETURN_S), RETURN_S)
