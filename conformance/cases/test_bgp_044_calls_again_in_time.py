"""BGP-044: connectTime: a router that refuses is called again and again, at the pace that is configured.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import peer_fields
from conformance.suite.world import World

NOBODY = 1791
"""A port that no router listens at: its kernel refuses."""
INTERVALS = 4
CASE = Case(
    id="BGP-044",
    title="a router that refuses is called every connectTime, with the jitter of RFC 4271",
    lab="bgp",
    features=("bgp", "connect-time", "peer-port"),
    source="https://metallb.io/apis/ (BGPPeer: connectTime); RFC 4271 sections 8.2.1 and 10; catalogue BGP-044",
    checks=(
        peer_fields.called_every("quick", 2.0, INTERVALS),
        peer_fields.called_every("slow", 6.0, INTERVALS),
    ),
    timeout_s=180,
)


def test_bgp_044_calls_again_in_time(world: World) -> None:
    """Have the routers called where nobody listens, every two and then every six seconds."""
    world.wire.capture_calls(*world.lab.peering_routers())
    for mark, connect_s in (("quick", 2), ("slow", 6)):
        world.peers(anew=True, peerPort=NOBODY, connectTime=f"{connect_s}s")
        world.hold("the first call", 4)
        world.mark(mark)
        world.hold("more calls", (INTERVALS + 1) * connect_s * 1.2)
        world.mark(f"{mark}-over")
