"""IPAM-031: a Service with IPv6 alone gets one address of an IPv6 pool and is reached by it, from near and far.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, reach, stacks
from conformance.suite.families import Loop
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S
from conformance.suite.world import World

LOOPS = (Loop("web", 6, "near"), Loop("web", 6, "far"))
CASE = Case(
    id="IPAM-031",
    title="a Service with IPv6 alone gets an IPv6 address and is reached by it",
    lab="l2",
    features=("allocation", "ipv6"),
    backend="echo",
    source="KEP-563, Service ipFamilies; RFC 4861 section 7.2 (address resolution); catalogue IPAM-031",
    checks=(
        ipam.assigned(ASSIGN_S),
        stacks.one_of_each("web", 6, within_s=ASSIGN_S),
        ipam.in_pool(),
        reach.served_by_family(*LOOPS, within_s=ANNOUNCE_S + KUBE_PROXY_S, at_least=20),
    ),
)


def test_ipam_031_gives_ipv6(world: World) -> None:
    """Create the Service beside a pool of both families, and ask it from both sides of the gateway."""
    world.apply()
    (address,) = world.families("web", 6)
    world.hold("the way to the pods", KUBE_PROXY_S)
    for loop in LOOPS:
        world.traffic.keep_requesting(str(loop), address, client=loop.client)
    world.hold("the Service", 3)
