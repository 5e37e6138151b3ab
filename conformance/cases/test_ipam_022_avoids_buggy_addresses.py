"""IPAM-022: under avoidBuggyIPs a /24 serves 254 Services, without .0 and .255; without the flag it serves all 256.

The pool is TEST-NET-2 (RFC 5737) and is announced nowhere, as the lab's range is too small.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, pools
from conformance.suite.waits import ASSIGN_S, HOLD_S
from conformance.suite.world import World

SERVICES = 256
CASE = Case(
    id="IPAM-022",
    title="addresses that end in .0 and .255 are avoided on request, and used otherwise",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation", "avoid-buggy"),
    source="MetalLB API, IPAddressPool spec.avoidBuggyIPs; https://metallb.io/apis/#ipaddresspool",
    checks=(
        pools.buggy_avoided(),
        pools.all_usable(ASSIGN_S),
        ipam.unique(at_least=SERVICES),
        ipam.one_each(),
        ipam.in_pool(),
    ),
    timeout_s=240,
)


def test_ipam_022_avoids_buggy_addresses(world: World) -> None:
    """Create 256 Services beside a careful /24, then allow all of it."""
    world.apply("IPAddressPool", avoid="true")
    world.create_services(SERVICES, writers=16)
    world.addresses(SERVICES - 2, limit_s=8 * ASSIGN_S)
    world.hold("the two that must wait", HOLD_S)
    world.apply("IPAddressPool", avoid="false")
    world.addresses(SERVICES)
