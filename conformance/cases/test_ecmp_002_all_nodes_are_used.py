"""ECMP-002: every eligible node receives its part of many flows.

externalTrafficPolicy Local keeps a flow on the node it entered, so the pod that answers tells the node.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ecmp, ipam
from conformance.suite.spreading import converged
from conformance.suite.statistics import FLOWS_PER_NODE
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="ECMP-002",
    title="all nodes are used: each gets at least half of a fair share",
    lab="bgp",
    features=("ecmp",),
    backend="echo",
    source="RFC 2991 section 3; catalogue 4.3 (floor of 0.5 fair shares)",
    checks=(ipam.assigned(ASSIGN_S), ecmp.flows_answered(), ecmp.all_nodes_used()),
    requires=("ECMP-000",),
    timeout_s=180,
)


def test_ecmp_002_all_nodes_are_used(world: World) -> None:
    """Open 200 connections per node from random source ports."""
    address = converged(world)
    world.traffic.flows(address, FLOWS_PER_NODE * len(world.lab.eligible))
