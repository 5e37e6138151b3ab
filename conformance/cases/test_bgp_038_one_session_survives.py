"""BGP-038: where both ends connect, or two peers have one address, exactly one session is left, and stays.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_peers
from conformance.suite.waits import SESSION_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-038",
    title="exactly one session survives when both ends connect, or a peer is configured twice",
    lab="bgp",
    features=("bgp",),
    source="RFC 4271 section 6.8 (connection collision detection); catalogue BGP-038",
    checks=(
        bgp.established(SESSION_S),
        bgp_peers.one_session("active", "active-over"),
        bgp_peers.one_session("doubled", "doubled-over"),
    ),
    timeout_s=180,
)


def test_bgp_038_one_session_survives(world: World) -> None:
    """Have the routers connect too; then configure two peers once more, under other names."""
    routers = world.lab.peering_routers()
    for router in routers:
        names = world.routers.names(router, tuple(map(str, world.lab.peering(router))))
        active, passive = ([f"{no}neighbor {name} passive" for name in names] for no in ("no ", ""))
        world.routers.faults.configure(router, "router bgp", *active, undo=("router bgp", *passive))
        world.wire.capture_bgp(router)
    world.peers(anew=True)
    world.routers.follow(routers, "bgp_peers")
    world.until(bgp.established(SESSION_S), SESSION_S)
    world.hold("what collides", 5)
    world.mark("active")
    world.hold("the wire", 12)
    world.mark("active-over")
    for obj in world.objects("BGPPeer", node_1=world.lab.eligible[0]):
        world.offer(obj)
    world.hold("what collides", SESSION_S)
    world.mark("doubled")
    world.hold("the wire", 12)
    world.mark("doubled-over")
