"""PERF-012: from the deletion of a Service until nobody answers for its address any more.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, latency
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

SERVICES = 20
P95_S = 2.0
CASE = Case(
    id="PERF-012",
    title="nobody answers for an address two seconds after its Service was deleted",
    lab="l2",
    features=("performance", "layer2"),
    backend="echo",
    source="RFC 826 (only the owner replies); catalogue PERF-012",
    checks=(ipam.assigned(ASSIGN_S, at_least=SERVICES), latency.withdrawn_soon(P95_S, at_least=SERVICES)),
)


def test_perf_012_withdraws_soon(world: World) -> None:
    """Announce twenty addresses, ask for all of them all the time, and delete their Services one after the other."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(SERVICES, writers=4)
    addresses = world.addresses(SERVICES)
    world.wire.keep_asking(*addresses, every_s=0.1 / SERVICES)
    world.hold("the first owners", ANNOUNCE_S)
    for number in range(SERVICES):
        world.delete("Service", f"web-{number}")
        world.hold("the next one", 0.25)
    world.hold("late answers", P95_S + 1)
