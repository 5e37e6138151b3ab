"""BGP-040: link bandwidths are in proportion to the endpoints that each node has.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp_wire, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-040",
    title="the link-bandwidth community follows the number of local endpoints",
    lab="bgp",
    features=("bgp", "link-bw"),
    source="draft-ietf-idr-link-bandwidth-07 section 2; catalogue BGP-040",
    checks=(ipam.assigned(ASSIGN_S), bgp_wire.weighed()),
    timeout_s=180,
)


def test_bgp_040_paths_carry_weights(world: World) -> None:
    """Three pods on one node and one on another."""
    nodes = dict(zip(("node_1", "node_2"), world.lab.eligible, strict=False))
    world.peers()
    world.wire.capture_bgp(*world.lab.peering_routers())
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.apply("Deployment", **nodes)
    world.pods_ready(4)
    world.apply("Service")
    world.address()
    world.hold("the wire", ANNOUNCE_S + 3)
