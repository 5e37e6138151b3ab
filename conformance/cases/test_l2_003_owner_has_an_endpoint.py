"""L2-003: with externalTrafficPolicy Local the owner of an address runs a ready pod of its Service.

One Service per node, each with its only pod on that node: an owner chosen blindly is right once in 27.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, l2
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="L2-003",
    title="the owner is eligible: in the segment, not excluded, and with a ready endpoint under Local",
    lab="l2",
    features=("layer2",),
    source="Kubernetes API, Service externalTrafficPolicy: Local drops traffic on nodes without endpoints",
    checks=(ipam.assigned(ASSIGN_S, at_least=3), l2.one_owner(), l2.owner_has_endpoint()),
)


def test_l2_003_owner_has_an_endpoint(world: World) -> None:
    """Pin one pod per node, give each a Service of its own, and hear who answers."""
    world.wire.capture()
    for node in world.lab.eligible:
        world.apply("Pod", node=node)
    world.pods_ready(len(world.lab.eligible))
    world.apply("IPAddressPool", "L2Advertisement")
    for node in world.lab.eligible:
        world.apply("Service", node=node)
    addresses = world.addresses(len(world.lab.eligible))
    world.hold("the first owners", ANNOUNCE_S)
    world.wire.ask(*addresses, every_s=0.1, times=10)
