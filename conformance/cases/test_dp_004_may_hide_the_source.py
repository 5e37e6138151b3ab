"""DP-004: under externalTrafficPolicy Cluster the pods are reached, whatever address they see; it is told which.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, phases, sources
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S
from conformance.suite.world import World

REQUESTS = 50
CASE = Case(
    id="DP-004",
    title="with externalTrafficPolicy Cluster the backend is reached; it may see another address than the client's",
    lab="l2",
    features=("datapath",),
    backend="echo",
    source="Kubernetes API, Service externalTrafficPolicy: Cluster may obscure the client source IP; catalogue DP-004",
    checks=(
        ipam.assigned(ASSIGN_S),
        phases.reachable("from far", within_s=KUBE_PROXY_S, at_least=REQUESTS),
        sources.source_told("from far", at_least=REQUESTS),
    ),
)


def test_dp_004_may_hide_the_source(world: World) -> None:
    """Ask the pods, from behind the gateway, whom they see."""
    world.apply()
    address = world.address()
    world.hold("the first owner and the way to the pods", ANNOUNCE_S + KUBE_PROXY_S)
    world.traffic.request("from far", address, times=REQUESTS, every_s=0.1, ask="clientip")
