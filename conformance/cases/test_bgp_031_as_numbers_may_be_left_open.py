"""BGP-031: dynamicASN: internal and external peers are told by their AS number, and the wrong kind stays down.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, distant, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, SESSION_S
from conformance.suite.world import World

SILENCE_S = 12.0  # six attempts
CASE = Case(
    id="BGP-031",
    title="dynamicASN takes a peer of the right kind, whatever its AS number, and none of the wrong one",
    lab="bgp",
    features=("bgp", "dynamic-as"),
    backend="echo",
    source="RFC 4271 section 6.2 (Bad Peer AS), RFC 4456 (an internal peer that reflects); catalogue BGP-031",
    checks=(
        distant.called("reflector", SESSION_S),
        ipam.assigned(ASSIGN_S),
        distant.heard("reflector", ANNOUNCE_S, asn=None),
        bgp.stays_down("wrong", "right", SILENCE_S),
        bgp.established(SESSION_S),
    ),
    timeout_s=240,
)


def test_bgp_031_as_numbers_may_be_left_open(world: World) -> None:
    """An internal peer that is one; then external ones that are taken for internal ones, and for what they are."""
    world.routers.follow(("distant",), "bird")
    world.apply("BGPPeer", reflector=str(world.lab.nodes["distant"].addresses[1]))
    world.until(distant.called("reflector", SESSION_S), SESSION_S)
    world.apply("IPAddressPool", "BGPAdvertisement", "Service")
    world.address()
    world.until(distant.heard("reflector", ANNOUNCE_S, asn=None), ANNOUNCE_S)
    world.routers.follow(world.lab.peering_routers(), "bgp_peers")
    world.peers(anew=True, peerASN=None, dynamicASN="internal")
    world.mark("wrong")
    world.hold("that no session comes up", SILENCE_S + 1)
    world.mark("right")
    world.peers(peerASN=None, dynamicASN="external")
    world.until(bgp.established(SESSION_S), SESSION_S)
