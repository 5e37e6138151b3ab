"""BGP-028: an external peer that is several hops away is reached with ebgpMultiHop, and not without.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import distant, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, SESSION_S
from conformance.suite.world import World

SILENCE_S = 12.0  # six attempts
CASE = Case(
    id="BGP-028",
    title="an external peer several hops away is reached with ebgpMultiHop, and not without",
    lab="bgp",
    features=("bgp", "multihop"),
    backend="echo",
    source="RFC 4271 section 5.1.3 (external peers several hops away); catalogue BGP-028",
    checks=(
        distant.never_called("two_hops", "one-hop", "several-hops", SILENCE_S),
        distant.called("two_hops", SESSION_S),
        ipam.assigned(ASSIGN_S),
        distant.heard("two_hops", ANNOUNCE_S, asn=65200),
    ),
    timeout_s=180,
)


def test_bgp_028_reaches_over_several_hops(world: World) -> None:
    """Configure the distant router as a peer on the link, then as one further off, and advertise to it."""
    address = str(world.lab.nodes["distant"].addresses[0])
    world.routers.follow(("distant",), "bird")
    world.apply("BGPPeer", distant=address, several="false")
    world.mark("one-hop")
    world.hold("that no session comes up", SILENCE_S + 1)
    world.mark("several-hops")
    world.apply("BGPPeer", distant=address, several="true")
    world.until(distant.called("two_hops", SESSION_S), SESSION_S)
    world.apply("IPAddressPool", "BGPAdvertisement", "Service")
    world.address()
    world.until(distant.heard("two_hops", ANNOUNCE_S, asn=65200), ANNOUNCE_S)
