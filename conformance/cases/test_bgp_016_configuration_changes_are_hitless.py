"""BGP-016: an unrelated pool, advertisement or peer resets no session and withdraws nothing.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_wire, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-016",
    title="unrelated configuration resets no session and withdraws nothing",
    lab="bgp",
    features=("bgp",),
    backend="echo",
    source="RFC 4271 section 8 (a session ends by its own events); catalogue BGP-016",
    checks=(
        ipam.assigned(ASSIGN_S),
        bgp.host_route(ANNOUNCE_S),
        bgp_wire.quiet("before", "after", may_advertise=True, at_least_s=5),
    ),
)


def test_bgp_016_configuration_changes_are_hitless(world: World) -> None:
    """Advertise one address; then configure another pool, an advertisement and a peer that nobody answers for."""
    routers = world.lab.peering_routers()
    world.peers()
    world.wire.capture_bgp(*routers)
    world.routers.follow(routers, "bgp_rib")
    first, *others = world.objects("IPAddressPool", "BGPAdvertisement", "BGPPeer")
    advertisement = next(obj for obj in others if obj["kind"] == "BGPAdvertisement")
    world.write("apply", first)
    world.write("apply", advertisement)
    world.apply("Service")
    world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.mark("before")
    for obj in others:
        if obj is not advertisement:
            world.write("apply", obj)
            world.hold("the wire", 2)
    world.hold("the wire")
    world.mark("after")
