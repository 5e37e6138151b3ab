"""PERF-004: a thousand questions a second for many addresses are answered, nearly all and fast.

The catalogue's thousand addresses under --slow, else two hundred: Kubernetes needs a second for twenty of them, as each
Service wants an EndpointSlice. The addresses are of no lab's subnet (RFC 2544): a question is answered, or not, whoever
could use the answer.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, latency
from conformance.suite.waits import HOLD_S
from conformance.suite.world import World

FEW, MANY = 200, 1000
PER_S = 1000
CASE = Case(
    id="PERF-004",
    title="a thousand questions a second for many addresses are answered",
    lab="l2",
    features=("performance", "layer2"),
    backend="echo",
    source="RFC 826; catalogue PERF-004",
    checks=(
        ipam.assigned(60.0, at_least=FEW),
        latency.many_answered(addresses=FEW, per_s=PER_S, ratio=0.999, p99_s=0.1),
    ),
    timeout_s=300,
)


def test_perf_004_answers_for_many(world: World) -> None:
    """Announce many addresses, and ask for all of them in turn for five seconds."""
    count = int(world.long(FEW, MANY))
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(count, writers=16)
    addresses = world.addresses(count, limit_s=60.0)
    world.hold("EndpointSlices, and the announcement", HOLD_S + count / 20)
    world.wire.capture()
    world.mark("questions")
    world.wire.ask(*addresses, every_s=1 / PER_S, times=5 * PER_S // count)
