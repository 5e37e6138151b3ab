"""ECMP-003: flows spread over the nodes as evenly as chance allows.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ecmp, ipam
from conformance.suite.spreading import converged
from conformance.suite.statistics import FLOWS_PER_NODE
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="ECMP-003",
    title="flows spread evenly (chi-square, alpha 0.001, two runs)",
    lab="bgp",
    features=("ecmp",),
    backend="echo",
    source="RFC 2992 section 3; catalogue 4.3 (two-run rule)",
    checks=(ipam.assigned(ASSIGN_S), ecmp.evenly_spread(runs=2)),
    requires=("ECMP-000",),
    timeout_s=240,
)


def test_ecmp_003_flows_spread_evenly(world: World) -> None:
    """Make two independent runs of 200 connections per node."""
    address = converged(world)
    for _ in range(2):
        world.traffic.flows(address, FLOWS_PER_NODE * len(world.lab.eligible))
