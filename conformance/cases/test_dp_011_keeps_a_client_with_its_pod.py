"""DP-011: with sessionAffinity ClientIP one pod answers a client, without it several, and it ends after its timeout.

The affinity is the service proxy's of the node that owns the address: on layer 2 one node at a time, so that one pod
is expected. Behind routers that spread a client's connections over nodes, each node would choose a pod of its own.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import answerers, ipam, phases
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S
from conformance.suite.world import World

CLIENTS = ("near", "far")
ON = tuple(f"{client} {state}" for state in ("on", "on again") for client in CLIENTS)
OFF = tuple(f"{client} off" for client in CLIENTS)
TIMEOUT_S = 2
AFTER = 12
CASE = Case(
    id="DP-011",
    title="sessionAffinity ClientIP keeps a client with one pod, as long as it is on and until its timeout",
    lab="l2",
    features=("datapath",),
    backend="echo",
    source="Kubernetes API, Service sessionAffinity and sessionAffinityConfig; Kubernetes e2e: should be able to "
    "switch session affinity for LoadBalancer service; catalogue DP-011",
    checks=(
        ipam.assigned(ASSIGN_S),
        phases.reachable(*ON, *OFF, "within the timeout", "after the timeout", within_s=KUBE_PROXY_S),
        answerers.one_pod(*ON, "within the timeout"),
        answerers.several_pods(*OFF, "after the timeout", at_least=AFTER),
    ),
    timeout_s=240,
)


def test_dp_011_keeps_a_client_with_its_pod(world: World) -> None:
    """Switch the affinity off, on again and to a short timeout, and ask from both clients each time."""
    world.apply()
    address = world.address()
    world.hold("the first owner and the way to the pods", ANNOUNCE_S)
    for name, affinity in (("on", "ClientIP"), ("off", "None"), ("on again", "ClientIP")):
        world.patch("web", spec={"sessionAffinity": affinity, "sessionAffinityConfig": None})
        world.hold("kube-proxy's rules", KUBE_PROXY_S)
        for client in CLIENTS:
            world.traffic.request(f"{client} {name}", address, times=30, client=client)
    world.patch("web", spec={"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": TIMEOUT_S}}})
    world.hold("kube-proxy's rules", KUBE_PROXY_S + TIMEOUT_S)
    world.traffic.request("within the timeout", address, times=12, every_s=0.1)
    world.traffic.request("after the timeout", address, times=AFTER + 1, every_s=TIMEOUT_S + 1.5)
