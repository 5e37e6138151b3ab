"""ECMP-013: a session that flaps takes nobody else's next hops away.

Shell: the world's.
"""

from functools import partial

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_loss, ipam
from conformance.suite.checks.bgp_loss import FLAPPING
from conformance.suite.convergence import has_session
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, SESSION_S
from conformance.suite.world import World

FLAPS = 10
CASE = Case(
    id="ECMP-013",
    title="ten flaps of one node's session cost no other node a next hop",
    lab="bgp",
    features=("ecmp",),
    backend="echo",
    source="RFC 4271 section 3 (sessions are independent); catalogue ECMP-013",
    checks=(ipam.assigned(ASSIGN_S), bgp_loss.contained(FLAPS)),
    timeout_s=300,
)


def test_ecmp_013_a_flapping_session_stays_alone(world: World) -> None:
    """Reset one session ten times, each time when it is back, and look at both routers."""
    routers, node = world.lab.peering_routers(), world.lab.eligible[0]
    peer = next(address for address, name in world.lab.peering(routers[0]).items() if name == node)
    is_up = partial(has_session, router=routers[0], peer=peer)
    world.peers()
    world.wire.capture_bgp(*routers)
    world.routers.follow(routers, "bgp_rib", "bgp_peers")
    world.apply()
    world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.mark(FLAPPING + node)
    for _ in range(FLAPS):
        world.routers.faults.clear(routers[0], str(peer))
        world.wait("the end of the session", partial(is_up, wanted=False), SESSION_S)
        world.wait("the session", partial(is_up, wanted=True), 2 * SESSION_S)
    world.hold("the routers", 2)
    world.mark("calm")
