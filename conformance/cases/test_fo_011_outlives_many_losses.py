"""FO-011: after many losses in a row, kills and deletions of the owner's speaker by turns, all is as it should be.

Services come and go meanwhile. Four losses, or under --slow twenty.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import failover, owners
from conformance.suite.deeds import DEEDS
from conformance.suite.staging import befall, staged
from conformance.suite.world import World

FEW, MANY = 4, 20
CASE = Case(
    id="FO-011",
    title="after many losses of the owner's speaker each address has one owner, and no node keeps a trace",
    lab="l2",
    features=("failover", "l2-failover"),
    backend="kept",
    source="catalogue FO-011",
    checks=(
        failover.answered_again(within_s=failover.DECLARED),
        failover.one_at_a_time(),
        failover.few_changes(at_most=2 * MANY),
        owners.identity_kept(),
    ),
    timeout_s=1200,
)


def test_fo_011_outlives_many_losses(world: World) -> None:
    """Kill or delete the owner's speaker, again and again, and look at the nodes before and after."""
    world.nodes()
    world.cluster.look_at_nodes()
    scene = staged(world)
    scene.watch(of=scene.pick())
    for turn in range(int(world.long(FEW, MANY))):
        owner = scene.owners()[scene.watched[0]]
        world.apply("Service", index=f"passing-{turn}")
        befall(DEEDS["pod-deleted" if turn % 2 else "killed"], world, scene, owner)
        world.delete("Service", f"web-passing-{turn}")
    world.cluster.look_at_nodes()
    world.nodes()
