"""PERF-009: an address costs one change of the Service, and a cluster at rest costs nothing.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, writes
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

SERVICES = 100
IDLE_S = 30.0
CASE = Case(
    id="PERF-009",
    title="100 Services change once each, and then nothing is written",
    lab="l2",
    features=("performance",),
    source="Kubernetes API conventions (controllers act on differences only); catalogue PERF-009",
    checks=(
        ipam.assigned(4 * ASSIGN_S, at_least=SERVICES),
        writes.frugal("create", at_least=SERVICES),
        writes.idle("idle", IDLE_S),
    ),
)


def test_perf_009_writes_no_more_than_it_must(world: World) -> None:
    """Create 100 Services by 16 writers, wait until all is told, and watch an idle while."""
    world.apply("IPAddressPool")
    with world.phase("create"):
        world.create_services(SERVICES, writers=16)
        world.addresses(SERVICES, limit_s=4 * ASSIGN_S)
        world.hold("what is written a little later, as counts of a pool")
    with world.phase("idle"):
        world.hold("nothing happens", IDLE_S)
