"""L2-021: a node that owns an address is otherwise what it was: its InternalIP, its addresses, its way out.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, l2, owners
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="L2-021",
    title="owning an address changes nothing of a node's identity",
    lab="l2",
    features=("layer2",),
    backend="echo",
    source="Kubernetes API, Node status.addresses; catalogue L2-021",
    checks=(ipam.assigned(ASSIGN_S, at_least=3), l2.one_owner(at_least=5), owners.identity_kept()),
)


def test_l2_021_leaves_nodes_as_they_are(world: World) -> None:
    """Look at the nodes before and after three addresses are announced."""
    world.nodes()
    world.cluster.look_at_nodes()
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(3, writers=3)
    addresses = world.addresses(3)
    world.hold("the first owners", ANNOUNCE_S)
    world.wire.ask(*addresses, every_s=0.1, times=5)
    world.cluster.look_at_nodes()
    world.nodes()
