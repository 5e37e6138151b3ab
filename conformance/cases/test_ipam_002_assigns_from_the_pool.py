"""IPAM-002: every address is inside a configured pool, whichever way the pool is written.

The three entries hold exactly as many addresses as there are Services, so each entry has to serve.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="IPAM-002",
    title="addresses come from the configured pools: CIDR, range and single address",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation",),
    source="MetalLB API, IPAddressPool spec.addresses; https://metallb.io/apis/#ipaddresspool",
    checks=(ipam.assigned(ASSIGN_S, at_least=20), ipam.in_pool(), ipam.every_form_used()),
)
SERVICES = 20


def test_ipam_002_assigns_from_the_pool(world: World) -> None:
    """Create as many Services as the three entries have addresses."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(SERVICES, writers=4)
    world.addresses(SERVICES)
