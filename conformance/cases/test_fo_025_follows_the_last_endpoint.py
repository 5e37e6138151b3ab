"""FO-025: when the last endpoint under Local moves to another node, the owner follows, and the old one is silent.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import owners
from conformance.suite.staging import move_the_pod
from conformance.suite.world import World

MOVED_S = 5.0
CASE = Case(
    id="FO-025",
    title="clients behind the gateway reach the last endpoint of a Local Service 5 s after it moved",
    lab="l2",
    features=("failover",),
    source="Kubernetes API, Service externalTrafficPolicy; catalogue FO-025",
    checks=(owners.follows_endpoints("web", within_s=MOVED_S),),
    timeout_s=240,
)


def test_fo_025_follows_the_last_endpoint(world: World) -> None:
    """End the only pod, and start another one elsewhere at once."""
    nodes = world.lab.eligible[1], world.lab.eligible[2]
    move_the_pod(world, nodes, every_s=0.05, client="far", stay_s=MOVED_S + 2)
