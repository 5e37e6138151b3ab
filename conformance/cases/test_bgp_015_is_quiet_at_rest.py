"""BGP-015: where nothing changes, nothing is said but KEEPALIVE.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_wire, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

SERVICES = 20
REST_S = 60.0  # the catalogue says ten minutes; what repeats itself does so with a hold time, a resync or a poll
CASE = Case(
    id="BGP-015",
    title="at rest no UPDATE is sent and no session is reset",
    lab="bgp",
    features=("bgp",),
    backend="echo",
    source="RFC 4271 section 3.1 (incremental updates, KEEPALIVE); catalogue BGP-015",
    checks=(
        ipam.assigned(ASSIGN_S, at_least=SERVICES),
        bgp_wire.quiet("rest", "enough", at_least_s=REST_S - 1),
    ),
    timeout_s=240,
)


def test_bgp_015_is_quiet_at_rest(world: World) -> None:
    """Advertise 20 addresses and listen for a minute."""
    world.peers()
    world.wire.capture_bgp(*world.lab.peering_routers())
    world.routers.follow(world.lab.peering_routers(), "bgp_rib")
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.create_services(SERVICES, 4)
    world.addresses(SERVICES)
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.hold("what follows the changes", 5)
    world.mark("rest")
    world.hold("the wire", REST_S)
    world.mark("enough")
