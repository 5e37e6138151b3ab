"""API-013: a Service without node ports is reachable by its address, also when it is given some and loses them again.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, phases
from conformance.suite.waits import ASSIGN_S, KUBE_PROXY_S
from conformance.suite.world import World

CASE = Case(
    id="API-013",
    title="a Service with allocateLoadBalancerNodePorts false is reachable",
    lab="l2",
    features=("api", "no-nodeport"),
    backend="echo",
    source="KEP-1864; Kubernetes e2e: should be able to create LoadBalancer Service without NodePort and change it",
    checks=(
        ipam.assigned(ASSIGN_S),
        phases.node_ports("web", False, True, False),
        phases.reachable("without", "with", "node port", "without again", within_s=KUBE_PROXY_S),
        phases.same_address("web"),
    ),
)
PORTS = [{"port": 80, "protocol": "TCP", "targetPort": 8080}]


def test_api_013_needs_no_node_port(world: World) -> None:
    """Ask a Service by its address while it has no node port, one, and none again."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("web")
    address = world.address()
    world.traffic.request("without", address, times=20, every_s=0.2)
    world.patch("web", spec={"allocateLoadBalancerNodePorts": True})
    port = world.cluster.node_port("web")
    world.traffic.request("with", address, times=20, every_s=0.2)
    world.traffic.request("node port", world.cluster.node_address(), port=port, times=20, every_s=0.2)
    world.patch("web", spec={"allocateLoadBalancerNodePorts": False, "ports": PORTS})
    world.traffic.request("without again", address, times=20, every_s=0.2)
