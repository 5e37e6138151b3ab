"""BGP-032: peerPort and sourceAddress: nodes call the peer's own port, from the address they are told.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import distant, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, SESSION_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-032",
    title="nodes call another port than 179, from the source address that they are told",
    lab="bgp",
    features=("bgp", "multihop", "peer-port"),
    backend="echo",
    source="https://metallb.io/apis/ (BGPPeer: peerPort, sourceAddress); catalogue BGP-032",
    checks=(
        distant.called("port_1179", SESSION_S),
        distant.called_from_source("port_1179"),
        ipam.assigned(ASSIGN_S),
        distant.heard("port_1179", ANNOUNCE_S, asn=65200),
    ),
    timeout_s=180,
)


def test_bgp_032_calls_from_and_to_where_it_is_told(world: World) -> None:
    """Each node is to call from its address on the link with the last router, whichever link is nearer."""
    router = world.lab.peering_routers()[-1]
    world.routers.follow(("distant",), "bird")
    for source, node in world.lab.peering(router).items():
        distant_router = str(world.lab.nodes["distant"].addresses[0])
        world.apply("BGPPeer", distant=distant_router, source=str(source), node=node)
    world.until(distant.called("port_1179", SESSION_S), SESSION_S)
    world.apply("IPAddressPool", "BGPAdvertisement", "Service")
    world.address()
    world.until(distant.heard("port_1179", ANNOUNCE_S, asn=65200), ANNOUNCE_S)
