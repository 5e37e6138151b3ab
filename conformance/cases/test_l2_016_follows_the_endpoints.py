"""L2-016: under externalTrafficPolicy Local the owner follows the Service's only pod to another node.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, owners
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
    first, second = world.lab.eligible[:2]
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement", "Service")
    world.apply("Pod", node=first)
    world.pods_ready(1)
    address = world.address()
    world.wire.keep_asking(address, every_s=0.1)
    world.traffic.keep_requesting("web", address, client="near")
    world.hold("the first owner", MOVED_S + 2)
    world.mark("moving-1")
    world.delete("Pod", f"on-{first}")
    world.cluster.pods_gone()
    world.apply("Pod", node=second)
    world.pods_ready(1)
    world.hold("the second owner", MOVED_S + 2)
