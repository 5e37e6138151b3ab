"""API-014: type, node port and port of a Service may change while it is served, and its address stays.

Kubernetes' own test of it (U1), step by step, by TCP and by UDP at once. Where it wants an ICMP reject from a Service
without pods, an address that nobody announces is right too: then nothing is there to reject.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import api, ipam, phases
from conformance.suite.waits import HOLD_S, KUBE_PROXY_S, SERVED_S, WITHDRAW_S
from conformance.suite.world import World

BOTH = ("tcp", "udp")
ANSWERED = ("node port", "address", "new node port", "address then", "new port", "pod again")
SILENT = ("old node port", "old address")
CASE = Case(
    id="API-014",
    title="type and ports of a TCP and of a UDP Service can change",
    lab="l2",
    features=("api",),
    source="Kubernetes e2e: should be able to change the type and ports of a TCP service; … of a UDP service",
    checks=(
        phases.reachable(*(f"{name} {phase}" for phase in ANSWERED for name in BOTH), within_s=HOLD_S),
        phases.unreachable(*(f"{name} {phase}" for phase in SILENT for name in BOTH), within_s=KUBE_PROXY_S),
        phases.refused(*(f"{name} without pods" for name in BOTH), within_s=KUBE_PROXY_S),
        phases.same_address(*BOTH),
        ipam.unique(),
        api.emptied(WITHDRAW_S),
    ),
    timeout_s=400,
)


def test_api_014_may_change_type_and_ports(world: World) -> None:
    """Lead both Services from ClusterIP through NodePort and LoadBalancer back to ClusterIP."""
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "mutable", "namespace": world.namespace},
    }
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement", "Deployment")
    world.pods_ready(1)
    world.services(*BOTH)
    for name in BOTH:
        world.patch(name, spec={"type": "NodePort"})
    node, old = world.cluster.node_address(), {name: world.cluster.node_port(name) for name in BOTH}
    world.traffic.phase("node port", {name: (node, old[name]) for name in BOTH}, served_s=SERVED_S)
    for name in BOTH:
        world.patch(name, spec={"type": "LoadBalancer"})
    at = dict(zip(BOTH, world.addresses(2), strict=True))
    world.wire.keep_asking(*at.values(), every_s=0.2, for_s=300)
    world.traffic.phase("address", {name: (at[name], 80) for name in BOTH}, served_s=SERVED_S)
    new = {name: world.cluster.move_node_port(name) for name in BOTH}
    world.traffic.phase("new node port", {name: (node, new[name]) for name in BOTH}, served_s=SERVED_S)
    world.traffic.phase("old node port", {name: (node, old[name]) for name in BOTH})
    world.traffic.phase("address then", {name: (at[name], 80) for name in BOTH}, served_s=SERVED_S)
    for name, target in zip(BOTH, (8080, 8081), strict=True):
        port = {"port": 81, "protocol": name.upper(), "targetPort": target, "nodePort": new[name]}
        world.patch(name, spec={"ports": [port]})
    world.traffic.phase("new port", {name: (at[name], 81) for name in BOTH}, served_s=SERVED_S)
    world.write("patch", {**deployment, "spec": {"replicas": 0}})
    world.cluster.pods_gone()
    world.traffic.phase("without pods", {name: (at[name], 81) for name in BOTH}, for_s=2 * HOLD_S)
    world.write("patch", {**deployment, "spec": {"replicas": 1}})
    world.pods_ready(1)
    world.traffic.phase("pod again", {name: (at[name], 81) for name in BOTH}, served_s=SERVED_S)
    for name in BOTH:
        world.patch(name, spec={"type": "ClusterIP"})
    world.until(api.emptied(WITHDRAW_S), WITHDRAW_S)
    world.traffic.phase("old address", {name: (at[name], 81) for name in BOTH}, for_s=2 * HOLD_S)
