"""IPAM-038: of IPv6, neither the address of a subnet's routers nor IPv4 in disguise is ever given.

The pool leaves odd addresses out (avoidBuggyIPs) and is asked for one more than it has without its first.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, stacks
from conformance.suite.waits import ASSIGN_S, HOLD_S
from conformance.suite.world import World

CAPACITY = 8
CASE = Case(
    id="IPAM-038",
    title="no Service gets a Subnet-Router anycast or an IPv4-mapped address",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation", "ipv6", "avoid-buggy"),
    source="RFC 4291 sections 2.6.1 (Subnet-Router anycast) and 2.5.5.2 (IPv4-mapped); catalogue IPAM-038",
    checks=(
        stacks.no_anycast(at_least=CAPACITY - 1),
        stacks.unmapped("ipam-038-mapped"),
        ipam.unique(),
    ),
)


def test_ipam_038_gives_no_special_ipv6(world: World) -> None:
    """Use a pool up, then offer a pool of IPv4-mapped addresses to a Service that asks for it."""
    pool, mapped = world.objects("IPAddressPool", index="0")
    world.write("apply", pool)
    for index in range(CAPACITY):
        world.services(f"web-{index}", index=str(index))
    world.until(stacks.no_anycast(at_least=CAPACITY - 1), ASSIGN_S)
    world.hold("the Service that is left over", HOLD_S)
    world.offer(mapped)
    world.services("asking", index="0")
    world.hold("the Service that asks for mapped addresses", HOLD_S)
