"""DP-006: under externalTrafficPolicy Cluster a Service is served when no pod is on the node that owns its address.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import backends, ipam
from conformance.suite.scene import Scene
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S
from conformance.suite.world import World

REQUESTS = 100
CASE = Case(
    id="DP-006",
    title="a backend on another node than the owner's is served under externalTrafficPolicy Cluster",
    lab="l2",
    features=("datapath",),
    source="Kubernetes API, Service externalTrafficPolicy: Cluster routes to all endpoints; catalogue DP-006",
    checks=(ipam.assigned(ASSIGN_S), backends.served_across("web", at_least=REQUESTS)),
)


def test_dp_006_serves_from_other_nodes(world: World) -> None:
    """Start a pod on two nodes, end the one that is on the owner if there is one, and ask the other from far away."""
    nodes = world.lab.eligible[:2]
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    for node in nodes:
        world.apply("Pod", node=node)
    world.pods_ready(len(nodes))
    world.services("web")
    address = world.address()
    world.hold("the first owner", ANNOUNCE_S)
    owner = Scene(world, (address,)).owners().get(address, "")
    if owner in nodes:
        world.delete("Pod", f"on-{owner}")
    world.hold("the way to the pod", KUBE_PROXY_S)
    world.wire.keep_asking(address, every_s=0.2)
    world.traffic.request("web", address, times=REQUESTS)
