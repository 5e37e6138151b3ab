"""ECMP-019: IPv6 flows spread over the nodes as evenly as chance allows.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ecmp, ipam
from conformance.suite.statistics import FLOWS_PER_NODE
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="ECMP-019",
    title="IPv6 flows spread evenly (chi-square, alpha 0.001, two runs)",
    lab="bgp",
    features=("ecmp", "ipv6", "ipv6-session"),
    backend="echo",
    source="RFC 2992 section 3; catalogue 4.3 (two-run rule)",
    checks=(
        ipam.assigned(ASSIGN_S),
        ecmp.flows_answered(),
        ecmp.all_nodes_used(),
        ecmp.evenly_spread(runs=2),
    ),
    requires=("ECMP-000",),
    timeout_s=240,
)


def test_ecmp_019_ipv6_flows_spread_evenly(world: World) -> None:
    """Make two independent runs of 200 connections per node."""
    world.peers(over="ipv6")
    world.apply()
    (address,) = world.families("web", 6)
    world.converged(address)
    for _ in range(2):
        world.traffic.flows(address, FLOWS_PER_NODE * len(world.lab.eligible))
