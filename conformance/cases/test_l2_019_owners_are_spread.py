"""L2-019: many addresses are spread over the nodes.

48 addresses, as the lab has 51 for tests.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, owners
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

ADDRESSES = 48
FLOOR = 0.4
CASE = Case(
    id="L2-019",
    title="each node owns at least 0.4 of its fair share of 48 addresses",
    lab="l2",
    features=("performance",),
    backend="echo",
    source="MetalLB, concepts, layer 2: a node for each address; catalogue L2-019",
    checks=(ipam.assigned(2 * ASSIGN_S, at_least=ADDRESSES), owners.spread_out(ADDRESSES, FLOOR)),
)


def test_l2_019_owners_are_spread(world: World) -> None:
    """Create 48 Services and ask for each address."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(ADDRESSES, writers=8)
    addresses = world.addresses(ADDRESSES, 2 * ASSIGN_S)
    world.hold("the first owners", ANNOUNCE_S + 1)
    world.wire.ask(*addresses, every_s=0.02, times=3)
