"""FO-013: without a controller what is announced stays, and a new Service is served when it is back.

Twenty seconds, or under --slow five minutes.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import failover, restart
from conformance.suite.staging import PATIENCE_S, staged
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

SHORT_S, LONG_S = 20.0, 300.0
CASE = Case(
    id="FO-013",
    title="the controller's absence costs no request, and who came meanwhile is served on its return",
    lab="l2",
    features=("failover",),
    backend="kept",
    source="catalogue FO-013",
    checks=(
        failover.none_lost(at_least=500),
        failover.few_changes(at_most=0),
        restart.served_after("web-later", "controller", within_s=ASSIGN_S, away_s=SHORT_S - 1),
    ),
    timeout_s=600,
)


def test_fo_013_outlives_its_controller(world: World) -> None:
    """Take the controller away, create a Service, and bring the controller back."""
    scene = staged(world)
    scene.watch(of=scene.pick())
    scene.steady()
    world.faults.stop("controller")
    world.apply("Service", index="later")
    world.hold("Services without a controller", world.long(SHORT_S, LONG_S))
    world.faults.start("controller")
    world.addresses(5, ASSIGN_S)
    scene.calm(PATIENCE_S, 1.0)
