"""L2-016: under externalTrafficPolicy Local the owner follows the Service's only pod to another node.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, owners
from conformance.suite.staging import move_the_pod
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

MOVED_S = 5.0
CASE = Case(
    id="L2-016",
    title="with externalTrafficPolicy Local the owner follows the endpoints within 5 s",
    lab="l2",
    features=("layer2",),
    source="Kubernetes API, Service externalTrafficPolicy: Local drops traffic on nodes without endpoints",
    checks=(ipam.assigned(ASSIGN_S), owners.follows_endpoints("web", within_s=MOVED_S)),
)


def test_l2_016_follows_the_endpoints(world: World) -> None:
    """Run the only pod on one node, then on another, and ask all the time."""
    nodes = world.lab.eligible[0], world.lab.eligible[1]
    move_the_pod(world, nodes, every_s=0.1, client="near", stay_s=MOVED_S + 2)
