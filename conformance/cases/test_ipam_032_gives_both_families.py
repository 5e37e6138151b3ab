"""IPAM-032: a Service that requires both families gets one address of each at once, and is reached by both.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, reach, stacks
from conformance.suite.families import Loop
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S
from conformance.suite.world import World

LOOPS = tuple(Loop("web", version, client) for version in (4, 6) for client in ("near", "far"))
CASE = Case(
    id="IPAM-032",
    title="a Service that requires both families gets one address of each, and is reached by both",
    lab="l2",
    features=("allocation", "dual"),
    backend="echo",
    source="KEP-563, Service ipFamilyPolicy RequireDualStack; catalogue IPAM-032",
    checks=(
        stacks.one_of_each("web", 4, 6, within_s=ASSIGN_S),
        stacks.never_half("web"),
        ipam.in_pool(),
        reach.served_by_family(*LOOPS, within_s=ANNOUNCE_S + KUBE_PROXY_S, at_least=20),
    ),
)


def test_ipam_032_gives_both_families(world: World) -> None:
    """Create the Service beside a pool of both families, and ask it by each from both sides of the gateway."""
    world.apply()
    ipv4, ipv6 = world.families("web", 4, 6)
    world.hold("the way to the pods", KUBE_PROXY_S)
    for loop in LOOPS:
        address = ipv4 if loop.version == 4 else ipv6
        world.traffic.keep_requesting(str(loop), address, every_s=0.1, client=loop.client)
    world.hold("the Service", 10)
