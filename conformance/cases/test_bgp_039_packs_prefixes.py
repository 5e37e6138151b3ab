"""BGP-039: the initial table travels in few messages.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_wire, ipam
from conformance.suite.waits import SESSION_S
from conformance.suite.world import World

SERVICES = 150  # the lab's range; the catalogue's 1,000 prefixes fit into two messages of 4096 octets
CASE = Case(
    id="BGP-039",
    title="the initial table is packed into few UPDATEs",
    lab="bgp",
    features=("bgp",),
    backend="echo",
    source="RFC 4271 section 4.3 (prefixes with the same attributes share a message); catalogue BGP-039",
    checks=(
        ipam.assigned(30.0, at_least=SERVICES),
        bgp.established(SESSION_S),
        bgp_wire.packed(SERVICES, 20),
    ),
    timeout_s=300,
)


def test_bgp_039_packs_prefixes(world: World) -> None:
    """Give 150 addresses, then configure the peers."""
    routers = world.lab.peering_routers()
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.create_services(SERVICES, 8)
    world.addresses(SERVICES, 30.0)
    world.wire.capture_bgp(*routers)
    world.peers(anew=True)
    world.routers.follow(routers, "bgp_peers")
    world.until(bgp.established(SESSION_S), SESSION_S)
    world.hold("the wire")
