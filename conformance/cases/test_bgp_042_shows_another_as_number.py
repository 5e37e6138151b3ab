"""BGP-042: localASN: the peer sees another AS number in place of the nodes' own, in OPEN and in AS_PATH.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, ipam, local_as
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, SESSION_S
from conformance.suite.world import World

OWN, SHOWN = 65200, 65250
CASE = Case(
    id="BGP-042",
    title="a peer that is shown another AS number takes the session, and has it alone in AS_PATH",
    lab="bgp",
    features=("bgp", "local-as"),
    backend="echo",
    source="https://metallb.io/apis/ (BGPPeer: localASN); RFC 4271 section 5.1.2, RFC 7705 section 3",
    checks=(
        bgp.established(SESSION_S),
        ipam.assigned(ASSIGN_S),
        local_as.as_path_is(SHOWN),
    ),
)


def test_bgp_042_shows_another_as_number(world: World) -> None:
    """Have the routers expect another AS number, and the nodes show it."""
    routers = world.lab.peering_routers()
    for router in routers:
        names = world.routers.names(router, tuple(map(str, world.lab.peering(router))))
        do, undo = ([f"neighbor {name} remote-as {asn}" for name in names] for asn in (SHOWN, OWN))
        world.routers.faults.configure(router, "router bgp", *do, undo=("router bgp", *undo))
    world.peers(anew=True, localASN=SHOWN)
    world.routers.follow(routers, "bgp_peers", "bgp_rib")
    world.until(bgp.established(SESSION_S), SESSION_S)
    world.apply()
    world.address()
    world.until(local_as.as_path_is(SHOWN), ANNOUNCE_S)
    world.hold("the paths", 2)
