"""ECMP-015: behind a spine and two ToRs every node is used by every ToR: the stages do not hash alike.

The catalogue has two spines; what is asked for is that a second stage still spreads what a first one sends it.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ecmp, ipam, two_tier
from conformance.suite.spreading import converged
from conformance.suite.statistics import FLOWS_PER_NODE
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

FLOWS = 3 * FLOWS_PER_NODE
CASE = Case(
    id="ECMP-015",
    title="with routers in two stages every way to every node is used",
    lab="bgp",
    features=("ecmp", "two-tier"),
    backend="echo",
    source="RFC 7938 section 6.5, RFC 2992 section 3; catalogue ECMP-015 (floor of 0.5 fair shares)",
    checks=(ipam.assigned(ASSIGN_S), ecmp.flows_answered(), ecmp.all_nodes_used(), two_tier.every_way_used(FLOWS)),
    requires=("ECMP-000",),
    timeout_s=180,
)


def test_ecmp_015_two_stages_use_every_way(world: World) -> None:
    """Open 600 connections through the spine, and look at what leaves each ToR."""
    address = converged(world)
    world.wire.capture_calls(*world.lab.peering_routers())
    world.traffic.flows(address, FLOWS)
