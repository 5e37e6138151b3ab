"""PERF-005: many addresses of a node that is lost are taken over soon, and told of at a rate that switches bear.

Two hundred addresses, of which one node owns a third; the catalogue's thousand under --slow.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, latency
from conformance.suite.scene import Scene
from conformance.suite.waits import HOLD_S
from conformance.suite.world import World

FEW, MANY = 200, 1000
PER_S = 2000
WATCHED_S = 16.0
CASE = Case(
    id="PERF-005",
    title="many addresses of a lost node are taken over within the bound, and told of at a bearable rate",
    lab="l2",
    features=("performance", "layer2", "l2-failover"),
    backend="echo",
    source="RFC 5227 section 2.3 (announcements); catalogue PERF-005",
    checks=(
        ipam.assigned(60.0, at_least=FEW),
        latency.all_taken_over(at_least=FEW // 10),
        latency.paced(PER_S, at_least=FEW),
    ),
    timeout_s=300,
)


def test_perf_005_takes_many_over(world: World) -> None:
    """Announce many addresses, and pull all cables of the node that owns most of them."""
    count = int(world.long(FEW, MANY))
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(count, writers=16)
    scene = Scene(world, world.addresses(count, limit_s=60.0))
    world.hold("EndpointSlices, and the announcement", HOLD_S + count / 20)
    lost = world.segment.lose_links(scene.pick(but=world.cluster.control_planes()))
    world.hold("those that take over", WATCHED_S)
    world.segment.undo(lost)
