"""BGP-025: TCP MD5: no session with another password, and one as soon as it is right.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp
from conformance.suite.world import World

ROTATION_S = 30.0
SILENCE_S = 12.0  # six attempts; the catalogue's 30 s are as many of a peer that tries every five
CASE = Case(
    id="BGP-025",
    title="a session needs the router's password, and comes up when it is corrected",
    lab="bgp",
    features=("bgp", "md5"),
    source="RFC 2385 section 2 (segments without the right digest are dropped); catalogue BGP-025",
    checks=(bgp.stays_down("wrong", "right", SILENCE_S), bgp.established(ROTATION_S)),
    timeout_s=240,
)


def test_bgp_025_passwords_must_match(world: World) -> None:
    """Give the routers a password, the peers another one, and then the same."""
    routers = world.lab.peering_routers()
    for router in routers:
        names = world.routers.names(router, tuple(map(str, world.lab.peering(router))))
        has = tuple(f"neighbor {name} password lbkit-right" for name in names)
        world.routers.faults.configure(
            router, "router bgp", *has, undo=("router bgp", *(f"no neighbor {name} password" for name in names))
        )
    world.peers(anew=True, password="lbkit-wrong")  # noqa: S106  # a test's own
    world.routers.follow(routers, "bgp_peers")
    world.mark("wrong")
    world.hold("that no session comes up", SILENCE_S + 1)
    world.mark("right")
    world.peers(password="lbkit-right")  # noqa: S106  # a test's own
    world.until(bgp.established(ROTATION_S), ROTATION_S)
