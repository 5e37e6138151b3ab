"""ECMP-008: without weights each node gets the same share, however many pods it has; the pods' shares are told.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ecmp, ipam
from conformance.suite.spreading import uneven
from conformance.suite.statistics import FLOWS_PER_NODE
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="ECMP-008",
    title="nodes with three pods and with one get equal shares under externalTrafficPolicy Local",
    lab="bgp",
    features=("ecmp",),
    source="Kubernetes API, Service spec.externalTrafficPolicy (Local: traffic may be imbalanced); catalogue ECMP-008",
    checks=(ipam.assigned(ASSIGN_S), ecmp.shared_by_nodes(runs=2)),
    requires=("ECMP-000",),
    timeout_s=240,
)


def test_ecmp_008_nodes_share_whatever_their_pods(world: World) -> None:
    """Three pods on one node and one on another; two runs of 400 connections."""
    address = uneven(world)
    for _ in range(2):
        world.traffic.flows(address, FLOWS_PER_NODE * 2)
