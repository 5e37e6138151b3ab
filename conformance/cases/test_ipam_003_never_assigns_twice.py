"""IPAM-003: no two Services ever show the same address, not even for a moment while many are created at once.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

SERVICES = 50
CASE = Case(
    id="IPAM-003",
    title="50 Services created by 20 writers get 50 different addresses",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation",),
    source="Kubernetes API, Service status.loadBalancer: an ingress address leads to one Service; catalogue IPAM-003",
    checks=(
        ipam.assigned(4 * ASSIGN_S, at_least=SERVICES),
        ipam.unique(at_least=SERVICES),
        ipam.one_each(),
        ipam.in_pool(),
    ),
)


def test_ipam_003_never_assigns_twice(world: World) -> None:
    """Create 50 Services at once and watch every state of each."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(SERVICES, writers=20)
    world.addresses(SERVICES, limit_s=4 * ASSIGN_S)
