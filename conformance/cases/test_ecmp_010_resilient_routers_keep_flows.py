"""ECMP-010: on routers with resilient hashing only the flows of a node that leaves are moved.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import hops, ipam
from conformance.suite.spreading import converged, exclude_amid_flows, next_hops
from conformance.suite.waits import ASSIGN_S, WITHDRAW_S
from conformance.suite.world import World

FLOWS = 600
MOVED = 0.01
CASE = Case(
    id="ECMP-010",
    title="on resilient routers a node that leaves takes no flow of another node with it",
    lab="bgp",
    features=("ecmp", "resilient"),
    backend="echo",
    source="Linux Documentation/networking/nexthop-group-resilient.rst; RFC 7938 section 6.4; catalogue ECMP-010",
    checks=(ipam.assigned(ASSIGN_S), hops.out_of_fib(WITHDRAW_S), hops.survivors_stay(MOVED, flows=FLOWS // 2)),
    requires=("ECMP-000",),
    timeout_s=240,
)


def test_ecmp_010_resilient_routers_keep_flows(world: World) -> None:
    """Hold 600 connections over resilient groups, and exclude the next hop that would move most others."""
    address = converged(world)
    node = next_hops(world, address)[-1]
    for router in world.lab.peering_routers():
        world.routers.resilient(router, address, idle_s=30)
    exclude_amid_flows(world, address, node, FLOWS, requests=14, pause_s=1.0, steady_s=5)
