"""IPAM-010: a Service that becomes a ClusterIP loses its address, and another Service can have it.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import api, ipam
from conformance.suite.waits import ASSIGN_S, WITHDRAW_S
from conformance.suite.world import World

CASE = Case(
    id="IPAM-010",
    title="a Service that stops being a LoadBalancer gives its address up",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation",),
    source="Kubernetes API, Service spec.type and status.loadBalancer; catalogue IPAM-010",
    checks=(
        ipam.assigned(ASSIGN_S, at_least=2),
        api.emptied(WITHDRAW_S),
        ipam.reused(),
        ipam.unique(),
    ),
)


def test_ipam_010_gives_up_on_type_change(world: World) -> None:
    """Give the only address to one Service, change its type, and give it to another."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("first")
    world.address()
    world.change("first", type="ClusterIP")
    world.until(api.emptied(WITHDRAW_S), WITHDRAW_S)
    world.services("second")
    world.addresses(2)
