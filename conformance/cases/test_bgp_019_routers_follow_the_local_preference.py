"""BGP-019: on iBGP sessions the node with the higher LOCAL_PREF is the one that routers use.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp_peers, ipam
from conformance.suite.checks.bgp_peers import PREFERRED
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, SESSION_S
from conformance.suite.world import World

AS_OF_NODES = 65200
LOCAL_PREF = 200
CASE = Case(
    id="BGP-019",
    title="on iBGP sessions routers use the node with the higher local preference",
    lab="bgp",
    features=("bgp", "localpref"),
    backend="echo",
    source="RFC 4271 sections 5.1.5 and 9.1.2; catalogue BGP-019",
    checks=(ipam.assigned(ASSIGN_S), bgp_peers.preferred(LOCAL_PREF)),
    timeout_s=180,
)


def test_bgp_019_routers_follow_the_local_preference(world: World) -> None:
    """Put nodes and routers into one AS, and advertise with 200 from one node and with the default from the others."""
    routers, node = world.lab.peering_routers(), world.lab.eligible[1]
    for router in routers:
        names = world.routers.names(router, tuple(map(str, world.lab.peering(router))))
        inside = tuple(f"neighbor {name} remote-as internal" for name in names)
        outside = tuple(f"neighbor {name} remote-as {AS_OF_NODES}" for name in names)
        world.routers.faults.configure(router, "router bgp", *inside, undo=("router bgp", *outside))
    world.peers(anew=True, each=lambda spec: {"myASN": spec["peerASN"]})
    world.routers.follow(routers, "bgp_rib")
    world.apply(preferred=node)
    world.address()
    world.mark(PREFERRED + node)
    world.until(bgp_peers.preferred(LOCAL_PREF), SESSION_S + ANNOUNCE_S)
    world.hold("the routers", 3)
