"""FO-008: when the API server does not answer and the owner dies, another node takes over all the same.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import failover
from conformance.suite.staging import PATIENCE_S, staged
from conformance.suite.world import World

CASE = Case(
    id="FO-008",
    title="an owner that is lost while the API server is away is replaced in the declared time",
    lab="l2",
    features=("failover", "l2-failover"),
    backend="kept",
    source="catalogue FO-008",
    checks=(
        failover.taken_over(within_s=failover.DECLARED),
        failover.answered_again(within_s=failover.DECLARED),
        failover.one_at_a_time(),
    ),
    timeout_s=240,
)


def test_fo_008_outlives_an_owner_without_the_api(world: World) -> None:
    """Freeze the API server, pull all cables of the owner, and put both right."""
    scene = staged(world)
    owner = scene.pick(but=world.cluster.control_planes())
    scene.watch(of=owner)
    scene.steady()
    frozen = world.cluster.freeze_api()
    world.hold("that the API server is missed", 2)
    lost = world.segment.lose_links(owner)
    scene.calm(PATIENCE_S, 1.5)
    world.segment.undo(lost)
    world.cluster.undo(frozen)
    scene.calm(PATIENCE_S, 1.5)
