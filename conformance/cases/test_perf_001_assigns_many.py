"""PERF-001: many Services created at once are all given an address; how fast is reported.

Three hundred, or the catalogue's thousand under --slow. Beside another implementation, and with ten thousand, it is
measured by `make bench-controller`.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, latency
from conformance.suite.phases import CREATE
from conformance.suite.world import World

FEW, MANY = 300, 1000
CASE = Case(
    id="PERF-001",
    title="many Services created at once are all given an address",
    lab="l2",
    features=("performance", "allocation"),
    source="Kubernetes API, Service status.loadBalancer.ingress; catalogue PERF-001",
    checks=(latency.many_assigned(FEW), ipam.unique(at_least=FEW)),
    timeout_s=300,
)


def test_perf_001_assigns_many(world: World) -> None:
    """Create them by 16 writers, and wait until each has its address."""
    count = int(world.long(FEW, MANY))
    world.apply("IPAddressPool")
    with world.phase(CREATE):
        world.create_services(count, writers=16)
        world.addresses(count, limit_s=60.0)
