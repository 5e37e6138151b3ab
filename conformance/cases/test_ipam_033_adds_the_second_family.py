"""IPAM-033: a Service that prefers both families is content with one, and gets the other once a pool has it.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, stacks
from conformance.suite.waits import ASSIGN_S, HOLD_S
from conformance.suite.world import World

CASE = Case(
    id="IPAM-033",
    title="a Service that prefers both families gets IPv4 alone, and IPv6 later without a change of IPv4",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation", "dual"),
    source="KEP-563, Service ipFamilyPolicy PreferDualStack; catalogue IPAM-033",
    checks=(
        ipam.assigned(ASSIGN_S),
        stacks.completed("web", ASSIGN_S),
        ipam.in_pool(),
    ),
)


def test_ipam_033_adds_the_second_family(world: World) -> None:
    """Offer a pool of IPv4, then a second one of IPv6, then add IPv6 to the first."""
    ipv4, ipv6, extended = world.objects("IPAddressPool")
    world.write("apply", ipv4)
    world.apply("L2Advertisement", "Service")
    world.families("web", 4)
    world.hold("a Service without a pool of IPv6", HOLD_S)
    world.write("apply", ipv6)
    world.hold("the second pool", ASSIGN_S + 1)
    world.write("apply", extended)
    world.until(stacks.completed("web", ASSIGN_S), ASSIGN_S)
    world.hold("both addresses", HOLD_S)
