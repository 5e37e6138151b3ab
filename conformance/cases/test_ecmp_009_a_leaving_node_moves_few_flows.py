"""ECMP-009: when a node is taken out, of the other nodes' flows no more move than the routers' hash must move.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import hops, ipam
from conformance.suite.spreading import converged, exclude_amid_flows, next_hops
from conformance.suite.waits import ASSIGN_S, WITHDRAW_S
from conformance.suite.world import World

FLOWS = 900
MOVED = 0.25 + 0.08  # hash-threshold, three next hops to two: a quarter at most; 4.5 standard deviations of 600 flows
CASE = Case(
    id="ECMP-009",
    title="taking a node out moves at most what hash-threshold must move of the other nodes' flows",
    lab="bgp",
    features=("ecmp",),
    backend="echo",
    source="RFC 2992 section 3 (disruption of hash-threshold); catalogue ECMP-009",
    checks=(ipam.assigned(ASSIGN_S), hops.out_of_fib(WITHDRAW_S), hops.survivors_stay(MOVED, flows=FLOWS // 2)),
    requires=("ECMP-000",),
    timeout_s=240,
)


def test_ecmp_009_a_leaving_node_moves_few_flows(world: World) -> None:
    """Hold 900 connections, and exclude the last next hop: then most flows of the others move."""
    address = converged(world)
    node = next_hops(world, address)[-1]
    exclude_amid_flows(world, address, node, FLOWS, requests=9, pause_s=2.0, steady_s=6)
