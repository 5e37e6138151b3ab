"""ECMP-004: a connection stays on one node for all its requests.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ecmp, ipam
from conformance.suite.spreading import converged
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

FLOWS, REQUESTS = 100, 50
CASE = Case(
    id="ECMP-004",
    title="100 connections of 50 requests each stay on their node",
    lab="bgp",
    features=("ecmp",),
    backend="echo",
    source="RFC 2991 section 2 (packets of one flow must keep their path)",
    checks=(ipam.assigned(ASSIGN_S), ecmp.sticky(FLOWS, REQUESTS)),
    requires=("ECMP-000",),
    timeout_s=180,
)


def test_ecmp_004_flows_stay(world: World) -> None:
    """Keep 100 connections open at once and make 50 requests on each."""
    address = converged(world)
    world.traffic.flows(address, FLOWS, requests=REQUESTS, pause_s=0.1)
