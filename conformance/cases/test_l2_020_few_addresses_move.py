"""L2-020: a node that leaves takes no address of another one along, and its return moves few.

It leaves by the label that excludes it from load balancing.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, owners
from conformance.suite.checks.eligible import EXCLUDED
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, WITHDRAW_S
from conformance.suite.world import World

ADDRESSES = 24
CASE = Case(
    id="L2-020",
    title="only a leaving node's addresses move, and at most 2/(K+1) of all when it comes back",
    lab="l2",
    features=("layer2",),
    backend="echo",
    source="Kubernetes well-known labels, exclude-from-external-load-balancers; catalogue L2-020",
    checks=(ipam.assigned(2 * ASSIGN_S, at_least=ADDRESSES), owners.few_move(ADDRESSES)),
)


def test_l2_020_few_addresses_move(world: World) -> None:
    """Ask who owns 24 addresses: with all nodes, without one, and with it again."""
    leaving = world.lab.eligible[-1]
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(ADDRESSES, writers=8)
    addresses = world.addresses(ADDRESSES, 2 * ASSIGN_S)
    world.hold("the first owners", ANNOUNCE_S + 1)
    world.wire.ask(*addresses, every_s=0.02, times=3)
    world.mark("before")
    for name, value in (("without", ""), ("again", None)):
        world.cluster.label(leaving, EXCLUDED, value)
        world.hold("owners that move", WITHDRAW_S)
        world.wire.ask(*addresses, every_s=0.02, times=3)
        world.mark(name)
