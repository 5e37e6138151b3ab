"""IPAM-013: a Service that asks for a free address by spec.loadBalancerIP gets exactly that one.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="IPAM-013",
    title="an address asked for by spec.loadBalancerIP is given",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation", "static-ip"),
    source="Kubernetes API, Service spec.loadBalancerIP (deprecated since 1.24, still served)",
    checks=(
        ipam.assigned(ASSIGN_S, at_least=2),
        choice.as_asked(),
        ipam.in_pool(),
    ),
)


def test_ipam_013_gives_the_address_of_the_spec(world: World) -> None:
    """Ask for two addresses that are not the pool's first."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("seven", "five")
    world.addresses(2)
