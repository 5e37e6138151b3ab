"""L2-028: an address is announced when its Service shows it, not long before, and none that no Service shows.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, l2, segments
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

SERVICES = 3
CASE = Case(
    id="L2-028",
    title="no address is claimed before its status by more than a second, or without one",
    lab="l2",
    features=("layer2",),
    backend="echo",
    source="Kubernetes API, Service status.loadBalancer (what is announced is what is shown); catalogue L2-028",
    checks=(ipam.assigned(ASSIGN_S, at_least=SERVICES), segments.in_order(), l2.answered(ANNOUNCE_S)),
)


def test_l2_028_announces_what_is_shown(world: World) -> None:
    """Ask for all addresses of a pool from before, and create Services one after the other."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.wire.keep_asking(*(world.pool_address(number) for number in range(4)), every_s=0.03, for_s=60)
    for number in range(SERVICES):
        world.apply("Service", index=str(number))
        world.addresses(number + 1)
    world.until(l2.answered(ANNOUNCE_S), ANNOUNCE_S)
    world.hold("claims of others", ANNOUNCE_S)
