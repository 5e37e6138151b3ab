"""IPAM-011: a Service that is older than every pool waits, says why, and is served by itself once there is a pool.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, pending
from conformance.suite.waits import ASSIGN_S, HOLD_S
from conformance.suite.world import World

CASE = Case(
    id="IPAM-011",
    title="a Service without any pool says why it waits, and is served by a later one",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation",),
    source="Kubernetes API, Service status.loadBalancer; API conventions, Events and conditions; catalogue IPAM-011",
    checks=(
        pending.served_by_a_later_pool(ASSIGN_S),
        pending.explained("web"),
        ipam.in_pool(),
    ),
)


def test_ipam_011_waits_for_a_pool(world: World) -> None:
    """Create the Service, wait, look at the Events, and create the pool."""
    world.services("web")
    world.hold("a Service without a pool", HOLD_S)
    world.events()
    world.apply("IPAddressPool", "L2Advertisement")
    world.address()
