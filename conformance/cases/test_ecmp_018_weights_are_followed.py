"""ECMP-018: with link bandwidths each node gets flows in proportion to its pods.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ecmp, ipam
from conformance.suite.spreading import uneven
from conformance.suite.statistics import FLOWS_PER_NODE
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="ECMP-018",
    title="flows spread over the nodes in proportion to their pods",
    lab="bgp",
    features=("ecmp", "link-bw", "weighted"),
    source="draft-ietf-idr-link-bandwidth-07 section 2; catalogue ECMP-018 (chi-square, two runs)",
    checks=(ipam.assigned(ASSIGN_S), ecmp.shared_by_pods(runs=2)),
    requires=("ECMP-000",),
    timeout_s=240,
)


def test_ecmp_018_weights_are_followed(world: World) -> None:
    """Three pods on one node and one on another; two runs of 800 connections."""
    address = uneven(world)
    for _ in range(2):
        world.traffic.flows(address, FLOWS_PER_NODE * 4)
