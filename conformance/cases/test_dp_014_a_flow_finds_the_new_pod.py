"""DP-014: a flow of datagrams from one port, whose pod goes, is answered by a new pod.

What a node remembers of such a flow lasts as long as the flow, and names the pod that is gone, until the service proxy
removes it.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import answerers, ipam
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

REBOUND_S = 60.0
EVERY_S = 0.25
CASE = Case(
    id="DP-014",
    title="a UDP flow whose pod goes is answered by a new pod",
    lab="l2",
    features=("datapath",),
    source="Kubernetes e2e: should be able to preserve UDP traffic when server pod cycles for a LoadBalancer service "
    "on different nodes, and on the same node; catalogue DP-014",
    checks=(ipam.assigned(ASSIGN_S), answerers.rebound("flow", "elsewhere", "here", within_s=REBOUND_S)),
    timeout_s=300,
)


def test_dp_014_a_flow_finds_the_new_pod(world: World) -> None:
    """Replace the only pod by one on another node, then, after it is gone, by one on the same node."""
    first, second = world.lab.eligible[1], world.lab.eligible[2]
    world.apply("IPAddressPool", "L2Advertisement", "Service")
    world.apply("Pod", node=first, index="1")
    world.pods_ready(1)
    address = world.address()
    world.traffic.keep_requesting(
        "flow", address, protocol="udp-flow", client="far", every_s=EVERY_S, timeout_s=EVERY_S
    )
    world.hold("the flow and its first pod")
    world.mark("elsewhere begins")
    world.apply("Pod", node=second, index="2")
    world.pods_ready(2)
    world.delete("Pod", "pod-1")
    world.cluster.pods_are(1)
    world.mark("elsewhere is done")
    world.until(answerers.rebound("flow", "elsewhere", within_s=REBOUND_S), REBOUND_S)
    world.hold("the second pod")
    world.mark("here begins")
    world.delete("Pod", "pod-2")
    world.cluster.pods_gone()
    world.apply("Pod", node=second, index="3")
    world.pods_ready(1)
    world.mark("here is done")
    world.until(answerers.rebound("flow", "here", within_s=REBOUND_S), REBOUND_S)
