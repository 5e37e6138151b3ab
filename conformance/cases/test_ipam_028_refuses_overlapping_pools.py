"""IPAM-028: a pool that overlaps another is refused or marked, and no address of the overlap is given twice.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam, pools
from conformance.suite.waits import ASSIGN_S, HOLD_S
from conformance.suite.world import World

SERVICES = 10
CASE = Case(
    id="IPAM-028",
    title="overlapping pools are refused or marked, and give no address twice",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation", "pool-conflict"),
    source="MetalLB, IPAddressPools do not overlap (validating webhook); API conventions, Events; catalogue IPAM-028",
    checks=(
        pools.conflict_told(),
        ipam.assigned(ASSIGN_S, only=("web-before",)),
        choice.kept("web-before"),
        ipam.unique(at_least=6),
        ipam.in_pool(),
    ),
)


def test_ipam_028_refuses_overlapping_pools(world: World) -> None:
    """Offer a second pool that has two addresses of the first, and create as many Services as both have addresses."""
    first, fourth, fifth, last = map(world.pool_address, (0, 4, 5, 9))
    world.apply("IPAddressPool", "L2Advertisement", part="first", entry=f"{first}-{fifth}")
    world.apply("Service", index="before")
    world.address()
    for pool in world.objects("IPAddressPool", part="second", entry=f"{fourth}-{last}"):
        world.offer(pool)
    world.hold("the second pool", 1)
    world.create_services(SERVICES - 1, writers=4)
    world.addresses(6)
    world.hold("the overlap", HOLD_S)
    world.look("IPAddressPool")
    world.events()
