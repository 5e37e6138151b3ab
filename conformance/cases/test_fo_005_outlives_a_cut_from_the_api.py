"""FO-005: an owner that cannot reach the API server, but its segment, goes on or hands over in time.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import failover
from conformance.suite.staging import PATIENCE_S, staged
from conformance.suite.world import World

SHORT_S, LONG_S = 15.0, 60.0
"""Fifteen seconds is how long the Leases of Kubernetes' own controllers last; a node is NotReady after forty."""
CASE = Case(
    id="FO-005",
    title="an owner cut off from the API server leaves no address without an owner, nor with two",
    lab="l2",
    features=("failover", "l2-failover"),
    backend="kept",
    source="client-go, leader election (leaseDuration 15 s); catalogue FO-005",
    checks=(
        failover.outage(within_s=failover.DECLARED),
        failover.answered_again(within_s=failover.DECLARED),
        failover.one_at_a_time(),
        failover.few_changes(at_most=2),
    ),
    timeout_s=240,
)


def test_fo_005_outlives_a_cut_from_the_api(world: World) -> None:
    """Keep the owner from the API server for a while."""
    scene = staged(world)
    owner = scene.pick(but=world.cluster.control_planes())
    scene.watch(of=owner)
    scene.steady()
    cut = world.segment.cut_api(owner)
    world.hold("an owner without the API server", world.long(SHORT_S, LONG_S))
    world.segment.undo(cut)
    scene.calm(PATIENCE_S, 3.0)
