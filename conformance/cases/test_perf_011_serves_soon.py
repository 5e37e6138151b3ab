"""PERF-011: from the creation of a Service until a client is served by it.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import latency
from conformance.suite.world import World

SERVICES = 20
P95_S = 3.0
CASE = Case(
    id="PERF-011",
    title="a client is served within three seconds of a Service's creation",
    lab="l2",
    features=("performance", "datapath"),
    backend="echo",
    source="Kubernetes API, Service of type LoadBalancer; catalogue PERF-011",
    checks=(latency.first_request(P95_S, at_least=SERVICES),),
    timeout_s=240,
)


def test_perf_011_serves_soon(world: World) -> None:
    """Create Services one after the other, and ask each, from behind the gateway, until it answers."""
    world.apply("IPAddressPool", "L2Advertisement")
    for number in range(SERVICES):
        world.apply("Service", index=str(number))
        (address,) = world.families(f"web-{number}", 4)
        world.traffic.keep_requesting(f"web-{number}", address)
        world.until(latency.first_request(P95_S, at_least=number + 1), P95_S)
        world.traffic.stop()
