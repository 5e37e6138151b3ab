"""PERF-003: fifty Services a second come and go; each has its address within a second, and memory stays.

Thirty seconds, or the catalogue's five minutes under --slow, when the growth of memory is judged, too.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, latency
from conformance.suite.world import World

PER_S = 50.0
WARM_S, SHORT_S, LONG_S = 6.0, 24.0, 294.0
CASE = Case(
    id="PERF-003",
    title="fifty Services a second come and go, and each has its address within a second",
    lab="l2",
    features=("performance", "allocation"),
    source="Kubernetes API, Service status.loadBalancer.ingress; catalogue PERF-003",
    checks=(
        latency.churned(1.0, at_least=int(PER_S * SHORT_S)),
        latency.no_leak("warm", "end", mib_per_min=1.0, at_least_s=180.0),
        ipam.unique(),
    ),
    timeout_s=600,
)


def test_perf_003_bears_a_churn(world: World) -> None:
    """Let Services come and go, first until the controller is warm."""
    world.apply("IPAddressPool")
    world.namespaces.churn(world.namespace, "warm", PER_S, WARM_S, writers=16)
    world.faults.use("controller", "warm")
    world.namespaces.churn(world.namespace, "churn", PER_S, world.long(SHORT_S, LONG_S), writers=16)
    world.faults.use("controller", "end")
