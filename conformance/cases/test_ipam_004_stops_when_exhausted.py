"""IPAM-004: of more Services than addresses as many are served as there are addresses; the others are told why not.

The catalogue's 30 s of waiting are PENDING_S here.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, pending
from conformance.suite.waits import PENDING_S
from conformance.suite.world import World

CASE = Case(
    id="IPAM-004",
    title="a pool of 4 serves 4 of 6 Services, and the others say why they wait",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation",),
    source="Kubernetes API, Service status.loadBalancer; API conventions, Events and conditions; catalogue IPAM-004",
    checks=(
        pending.exhausted(PENDING_S),
        pending.explained(says=("exhaust", "no available", "no free", "full")),
        ipam.unique(),
        ipam.in_pool(),
    ),
)


def test_ipam_004_stops_when_exhausted(world: World) -> None:
    """Create six Services beside a pool of four."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(6, writers=2)
    world.addresses(4)
    world.hold("the pending Services", PENDING_S + 1)
    world.events()
