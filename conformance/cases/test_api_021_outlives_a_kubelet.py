"""API-021: connections through a node outlive its cordon, and its kubelet's absence for 20 s.

Neither stops the node from forwarding, so neither may cost a connection.

Shell: the world's.
"""

from conformance.suite import neighbor
from conformance.suite.case import Case
from conformance.suite.checks import eligible, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, HOLD_S, KUBE_PROXY_S, OBSERVER_READY_S, patience
from conformance.suite.world import World

FLOWS, PAUSE_S, KUBELET_S = 100, 1.0, 20
CASE = Case(
    id="API-021",
    title="100 connections through a node survive its cordon and a kubelet that is away for 20 s",
    lab="l2",
    features=("api",),
    backend="echo",
    source="KEP-3458 (a node's readiness does not take it out of the load balancer's set); catalogue API-021",
    checks=(ipam.assigned(ASSIGN_S), eligible.flows_survive(FLOWS)),
    timeout_s=300,
)


def test_api_021_outlives_a_kubelet(world: World) -> None:
    """Hold 100 connections through the owner of an address; cordon it, then stop its kubelet for a while."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("web")
    address = world.address()
    world.hold("kube-proxy's rules", KUBE_PROXY_S)
    world.wire.keep_asking(address, every_s=0.5, for_s=200)
    read = world.recorder.need
    owner = read("an owner", lambda history: neighbor.owner(history, address), patience(ANNOUNCE_S))
    world.traffic.hold_flows(address, FLOWS, requests=50, pause_s=PAUSE_S)
    world.wait("all connections", lambda h: len(h.of("tcp", "answer")) >= FLOWS or None, OBSERVER_READY_S)
    world.cluster.cordon(owner)
    world.hold("connections through a cordoned node", HOLD_S)
    world.cluster.uncordon(owner)
    world.cluster.stop_kubelet(owner)
    world.hold("connections through a node without its kubelet", KUBELET_S)
    world.cluster.start_kubelet(owner)
    world.traffic.finish_flows()
