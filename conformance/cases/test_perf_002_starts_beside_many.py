"""PERF-002: a controller that starts beside many Services writes to none of them, and is ready soon.

Three hundred, or a thousand under --slow; with the catalogue's ten thousand `make bench-controller` measures it.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, latency, restart, status
from conformance.suite.waits import HOLD_S
from conformance.suite.world import World

FEW, MANY = 300, 1000
CASE = Case(
    id="PERF-002",
    title="a controller that starts beside many Services writes nothing and is ready soon",
    lab="l2",
    features=("performance", "allocation"),
    source="Kubernetes API conventions (controllers act on differences only); catalogue PERF-002",
    checks=(
        ipam.assigned(60.0, at_least=FEW),
        restart.restarted("controller", watched_s=HOLD_S),
        status.unwritten(FEW, HOLD_S),
        latency.holds_in("cold", mib=250),
    ),
    timeout_s=300,
)


def test_perf_002_starts_beside_many(world: World) -> None:
    """Give many Services an address, kill every controller, and look at what comes back."""
    count = int(world.long(FEW, MANY))
    world.apply("IPAddressPool")
    world.create_services(count, writers=16)
    world.addresses(count, limit_s=60.0)
    world.faults.kill("controller")
    world.faults.back("controller")
    world.hold("writes of the new controller", HOLD_S + 1)
    world.faults.use("controller", "cold")
