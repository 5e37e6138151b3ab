"""SEC-009: somebody on the path who knows every number of a TCP connection, and no password, ends no BGP session.

Sessions without a password are reset first: that shows that the RSTs are good ones.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, resets
from conformance.suite.waits import SESSION_S
from conformance.suite.world import World

EACH = 3
LISTEN_S, WATCH_S = 15.0, 10.0  # KEEPALIVEs come every three seconds; the lab's hold time is nine
PASSWORD = "lbkit-signed"  # noqa: S105 - a test's own
CASE = Case(
    id="SEC-009",
    title="a forged RST without a signature ends no session that has a password",
    lab="bgp",
    features=("security", "md5"),
    source="RFC 2385 section 2 (segments without the right digest are dropped), RFC 4953; catalogue SEC-009",
    checks=(bgp.established(SESSION_S), resets.withstands(EACH)),
    timeout_s=240,
)


def test_sec_009_withstands_forged_resets(world: World) -> None:
    """Reset sessions without a password, and then those with one."""
    routers = world.lab.peering_routers()
    world.wire.capture_bgp(*routers)
    world.routers.follow(routers, "bgp_peers")
    world.peers(anew=True)
    world.until(bgp.established(SESSION_S), SESSION_S)
    world.mark(resets.PLAIN)
    for router in routers:
        world.wire.reset(router, 1, LISTEN_S)
    world.hold("what becomes of the sessions", 3)
    world.mark("plain-over")
    for router in routers:
        names = world.routers.names(router, tuple(map(str, world.lab.peering(router))))
        has = tuple(f"neighbor {name} password {PASSWORD}" for name in names)
        world.routers.faults.configure(
            router, "router bgp", *has, undo=("router bgp", *(f"no neighbor {name} password" for name in names))
        )
    world.peers(anew=True, password=PASSWORD)
    world.until(bgp.established(SESSION_S), SESSION_S)
    world.hold("the rest of the tables", 3)
    world.mark(resets.SIGNED)
    for router in routers:
        world.wire.reset(router, EACH, LISTEN_S)
    world.hold("that all sessions stay", WATCH_S)
    world.mark("signed-over")
