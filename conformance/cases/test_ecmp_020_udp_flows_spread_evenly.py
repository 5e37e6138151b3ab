"""ECMP-020: flows of UDP spread evenly, too, as far as chance allows.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ecmp, ipam
from conformance.suite.spreading import converged
from conformance.suite.statistics import FLOWS_PER_NODE
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="ECMP-020",
    title="flows of UDP spread evenly (chi-square, alpha 0.001, two runs)",
    lab="bgp",
    features=("ecmp",),
    backend="echo",
    source="RFC 2992 section 3; Linux ip-sysctl, fib_multipath_hash_policy 1 (ports of any protocol)",
    checks=(
        ipam.assigned(ASSIGN_S),
        ecmp.flows_answered(),
        ecmp.all_nodes_used(),
        ecmp.evenly_spread(runs=2),
    ),
    requires=("ECMP-000",),
    timeout_s=240,
)


def test_ecmp_020_udp_flows_spread_evenly(world: World) -> None:
    """Make two independent runs of 200 requests per node, each from a port of its own."""
    address = converged(world)
    for _ in range(2):
        world.traffic.flows(address, FLOWS_PER_NODE * len(world.lab.eligible), protocol="udp")
