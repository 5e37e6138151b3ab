"""DP-003: under externalTrafficPolicy Local the pods see the client's own address.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, phases, sources
from conformance.suite.waits import ASSIGN_S, KUBE_PROXY_S
from conformance.suite.world import World

REQUESTS = 50
CASE = Case(
    id="DP-003",
    title="with externalTrafficPolicy Local the backend sees the client's address",
    lab="l2",
    features=("datapath",),
    backend="echo",
    source="Kubernetes API, Service externalTrafficPolicy: Local preserves the client source IP; catalogue DP-003",
    checks=(
        ipam.assigned(ASSIGN_S),
        phases.reachable("from far", within_s=KUBE_PROXY_S, at_least=REQUESTS),
        sources.client_seen("from far", at_least=REQUESTS),
    ),
)


def test_dp_003_keeps_the_source(world: World) -> None:
    """Ask the pods, from behind the gateway, whom they see."""
    world.apply()
    address = world.address()
    world.hold("kube-proxy's rules", KUBE_PROXY_S)
    world.traffic.request("from far", address, times=REQUESTS + 10, every_s=0.1, ask="clientip")
