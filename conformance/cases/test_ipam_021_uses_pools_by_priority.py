"""IPAM-021: of two pools the one with the lower priority number is used up first, then the other.

The better pool is last by name and by address, so that no other order gives the same.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="IPAM-021",
    title="pools are used in the order of their priority",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation", "priority"),
    source="MetalLB API, IPAddressPool spec.serviceAllocation.priority; https://metallb.io/apis/#ipaddresspool",
    checks=(
        ipam.assigned(ASSIGN_S, at_least=4),
        choice.best_pool_first(),
        choice.open_pool(),
        ipam.one_each(),
    ),
)


def test_ipam_021_uses_pools_by_priority(world: World) -> None:
    """Create as many Services as both pools have addresses, half of them after the other half was served."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("one", "two")
    world.addresses(2)
    world.services("three", "four")
    world.addresses(4)
