"""BGP-033: hold times are negotiated, KEEPALIVEs come in time, and hold times of one or two seconds are refused.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, timers
from conformance.suite.waits import SESSION_S
from conformance.suite.world import World

PORT = 1790
ROUNDS = 5
CASE = Case(
    id="BGP-033",
    title="hold and keepalive times are negotiated and kept, and impossible ones refused",
    lab="bgp",
    features=("bgp", "timers"),
    source="RFC 4271 sections 4.2, 4.4, 6.2 and 10; catalogue BGP-033",
    checks=(
        timers.keepalives("slow", 9.0, 3.0),
        timers.keepalives("quick", 3.0, 1.0),
        timers.zero_hold("none", 8.0),
        timers.refuses_hold(1, 2),
    ),
    timeout_s=300,
)


def test_bgp_033_timers_are_kept(world: World) -> None:
    """Configure 9 and 3 s, then 3 and 1 s, then a hold time of 0; then be a router that offers 1 and 2 s."""
    routers = world.lab.peering_routers()
    world.wire.capture_bgp(*routers)
    world.routers.follow(routers, "bgp_peers")
    for name, hold_s, keepalive_s in (("slow", 9, 3), ("quick", 3, 1)):
        world.peers(anew=True, holdTime=f"{hold_s}s", keepaliveTime=f"{keepalive_s}s")
        world.until(bgp.established(SESSION_S), SESSION_S)
        world.mark(name)
        world.hold("KEEPALIVEs", ROUNDS * keepalive_s + 1)
        for router in routers:
            world.routers.look(router, "bgp_neighbors")
        world.mark(f"{name}-over")
    world.peers(anew=True, holdTime="0s", keepaliveTime="0s")
    world.hold("a first KEEPALIVE", 4)
    world.mark("none")
    world.hold("that no KEEPALIVE comes", 9)
    world.mark("none-over")
    for router in routers:
        world.routers.offer_hold_times(router, PORT, 1, 2)
    world.peers(anew=True, peerPort=PORT)
    world.until(timers.refuses_hold(1, 2), 20)
