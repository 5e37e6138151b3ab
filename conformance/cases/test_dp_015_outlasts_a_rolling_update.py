"""DP-015: while the pods of a Service are replaced one after the other, nearly all requests are answered.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import answerers, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, HOLD_S, KUBE_PROXY_S
from conformance.suite.world import World

SHARE = 0.99
POLICIES = ("cluster", "local")
CASE = Case(
    id="DP-015",
    title="99 of 100 requests are answered while all pods are replaced, one after the other",
    lab="l2",
    features=("datapath",),
    source="Kubernetes e2e: should not have connectivity disruption during rolling update with externalTrafficPolicy "
    "Cluster, and Local (0.95 there); KEP-1669; catalogue DP-015",
    checks=(
        ipam.assigned(ASSIGN_S, at_least=len(POLICIES)),
        answerers.outlasts_update(*POLICIES, share=SHARE, at_least=200),
    ),
    timeout_s=300,
)


def test_dp_015_outlasts_a_rolling_update(world: World) -> None:
    """Update a DaemonSet while a client asks two Services of both traffic policies, 20 times a second each."""
    nodes = len(world.lab.eligible)
    world.apply("IPAddressPool", "L2Advertisement", "Service")
    world.apply("DaemonSet", index="1")
    world.cluster.pods_are(nodes, round="1")
    by_name = dict(zip(sorted(POLICIES), world.addresses(len(POLICIES)), strict=True))
    world.hold("the first owner and the way to the pods", ANNOUNCE_S + KUBE_PROXY_S)
    for name in POLICIES:
        world.traffic.keep_requesting(name, by_name[name], client="far")
    world.hold("the requests", 2.0)
    world.mark("updating")
    world.apply("DaemonSet", index="2")
    world.cluster.pods_are(nodes, round="2")
    world.hold("what comes of it", HOLD_S)
