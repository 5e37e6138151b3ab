"""ECMP-022: two nodes share flows of TCP and UDP, over IPv4 and IPv6, as evenly as chance allows.

One session over IPv6 carries both families, as in BGP-029; one node has no pod, and no part in it.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ecmp, ipam, kinds
from conformance.suite.statistics import FLOWS_PER_NODE
from conformance.suite.waits import ASSIGN_S, KUBE_PROXY_S
from conformance.suite.world import World

NODES = 2
CASE = Case(
    id="ECMP-022",
    title="flows of TCP and UDP over IPv4 and IPv6 are shared evenly by two of the nodes (chi-square, alpha 0.001)",
    lab="bgp",
    features=("ecmp", "dual", "ipv6-session"),
    source="RFC 2992 section 3; RFC 8950; catalogue 4.3 (two-run rule)",
    checks=(ipam.assigned(ASSIGN_S), ecmp.flows_answered(), kinds.each_kind_spread(4)),
    requires=("ECMP-000",),
    timeout_s=240,
)


def test_ecmp_022_two_nodes_share_evenly(world: World) -> None:
    """Put a pod on each of two nodes, and make two runs of each kind."""
    nodes = dict(zip(("node_1", "node_2"), world.lab.eligible, strict=False))
    world.peers(anew=True, over="ipv6", dualStackAddressFamily=True)
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.apply("Pod", **nodes)
    world.pods_ready(NODES)
    world.apply("Service")
    addresses = world.families("web", 4, 6)
    world.hold("the routers and kube-proxy", KUBE_PROXY_S + 2)
    for address in addresses:
        for protocol, port in (("tcp", 80), ("udp", 81)):
            for _ in range(2):
                world.traffic.flows(address, FLOWS_PER_NODE * NODES, protocol=protocol, port=port)
