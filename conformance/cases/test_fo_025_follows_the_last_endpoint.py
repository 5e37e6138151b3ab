"""FO-025: when the last endpoint under Local moves to another node, the owner follows, and the old one is silent.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import owners
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
    provisional=True,  # not yet seen to pass on a host that has time for it
)


def test_fo_025_follows_the_last_endpoint(world: World) -> None:
    """End the only pod, and start another one elsewhere at once."""
    first, second = world.lab.eligible[1:3]
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement", "Service")
    world.apply("Pod", node=first)
    world.pods_ready(1)
    address = world.address()
    world.wire.keep_asking(address, every_s=0.05)
    world.traffic.keep_requesting("web", address, client="far")
    world.hold("the first owner", MOVED_S + 2)
    world.mark("moving-1")
    world.delete("Pod", f"on-{first}")
    world.cluster.pods_gone()
    world.apply("Pod", node=second)
    world.pods_ready(1)
    world.hold("the second owner", MOVED_S + 2)
