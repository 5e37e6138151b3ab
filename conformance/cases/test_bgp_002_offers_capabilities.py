"""BGP-002: each node's OPEN offers what IPv4 unicast needs, and the smaller hold time is used.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp
from conformance.suite.waits import SESSION_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-002",
    title="OPEN offers multiprotocol, route refresh and 4-octet AS; the smaller hold time holds",
    lab="bgp",
    features=("bgp",),
    source="RFC 4760 section 8, RFC 2918, RFC 6793, RFC 4271 section 4.2 (hold time)",
    checks=(bgp.established(SESSION_S), bgp.capable(), bgp.hold_time_is_least()),
)


def test_bgp_002_offers_capabilities(world: World) -> None:
    """Capture the OPENs while the peers are configured anew."""
    routers = world.lab.peering_routers()
    world.wire.capture_bgp(*routers)
    world.peers(anew=True)
    world.routers.follow(routers, "bgp_peers")
    world.until(bgp.established(SESSION_S), SESSION_S)
    for router in routers:
        world.routers.look(router, "bgp_neighbors")
