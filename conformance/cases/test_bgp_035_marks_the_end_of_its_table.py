"""BGP-035: the initial table ends with an End-of-RIB marker.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_wire, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, SESSION_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-035",
    title="with graceful restart the initial table ends with End-of-RIB",
    lab="bgp",
    features=("bgp", "gr"),
    backend="echo",
    source="RFC 4724 section 2 and 3; catalogue BGP-035 (2 s)",
    checks=(ipam.assigned(ASSIGN_S), bgp.established(SESSION_S), bgp_wire.end_of_rib(2.0)),
    timeout_s=180,
)


def test_bgp_035_marks_the_end_of_its_table(world: World) -> None:
    """Advertise an address, and configure the peers anew, with graceful restart."""
    routers = world.lab.peering_routers()
    world.wire.capture_bgp(*routers)
    world.apply()
    world.peers(anew=True, enableGracefulRestart=True)
    world.routers.follow(routers, "bgp_peers", "bgp_rib")
    world.until(bgp.established(SESSION_S), SESSION_S)
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.hold("the wire", 3)
