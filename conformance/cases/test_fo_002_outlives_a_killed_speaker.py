"""FO-002: when the owner's speaker is killed and restarts in place, clients wait three seconds at most.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import failover, restart
from conformance.suite.staging import PATIENCE_S, staged
from conformance.suite.world import World

CASE = Case(
    id="FO-002",
    title="a kill -9 of the owner's speaker, which restarts in place, costs clients 3 s at most",
    lab="l2",
    features=("failover",),
    backend="kept",
    source="Kubernetes, Pod lifecycle, restartPolicy; catalogue FO-002",
    checks=(
        restart.restarted("speaker"),
        failover.outage(within_s=3.0),
        failover.one_at_a_time(),
        failover.few_changes(at_most=2),
    ),
    timeout_s=240,
)


def test_fo_002_outlives_a_killed_speaker(world: World) -> None:
    """Kill the owner's speaker once, and let Kubernetes restart it."""
    scene = staged(world)
    owner = scene.pick()
    scene.watch(of=owner)
    scene.steady()
    world.faults.kill("speaker", node=owner)
    world.faults.back("speaker")
    scene.calm(PATIENCE_S, 2.0)
