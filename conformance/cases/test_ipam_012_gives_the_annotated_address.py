"""IPAM-012: a Service that asks for a free address by annotation gets exactly that one.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="IPAM-012",
    title="an address asked for by annotation is given",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation", "static-ip"),
    source="MetalLB, annotation loadBalancerIPs: https://metallb.io/usage/#requesting-specific-ips",
    checks=(
        ipam.assigned(ASSIGN_S, at_least=2),
        choice.as_asked(),
        ipam.in_pool(),
    ),
)


def test_ipam_012_gives_the_annotated_address(world: World) -> None:
    """Ask for two addresses that are not the pool's first."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("seven", "five")
    world.addresses(2)
