"""ECMP-009: when a node is taken out, of the other nodes' flows no more move than the routers' hash must move.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import hops, ipam
from conformance.suite.checks.hops import LEAVING
from conformance.suite.convergence import in_order
from conformance.suite.waits import ASSIGN_S, WITHDRAW_S
from conformance.suite.world import World

FLOWS = 900
MOVED = 0.25 + 0.05  # hash-threshold, three next hops to two: a quarter at most; and what chance adds
EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"
CASE = Case(
    id="ECMP-009",
    title="taking a node out moves at most what hash-threshold must move of the other nodes' flows",
    lab="bgp",
    features=("ecmp",),
    source="RFC 2992 section 3 (disruption of hash-threshold); catalogue ECMP-009",
    checks=(ipam.assigned(ASSIGN_S), hops.out_of_fib(WITHDRAW_S), hops.survivors_stay(MOVED, flows=FLOWS // 2)),
    requires=("ECMP-000",),
    timeout_s=240,
    provisional=True,  # no lab has shown it yet
)


def test_ecmp_009_a_leaving_node_moves_few_flows(world: World) -> None:
    """Hold 900 connections, and exclude the last next hop: then most flows of the others move."""
    world.peers()
    world.backend()
    world.apply()
    address = world.address()
    world.converged(address)
    node = in_order(world.recorder.history(), world.lab, world.lab.peering_routers()[0], address)[-1]
    world.traffic.hold_flows(address, FLOWS, requests=9, pause_s=2.0)
    world.hold("the flows", 6)
    world.mark(LEAVING + node)
    world.cluster.label(node, EXCLUDED, "true")
    world.traffic.finish_flows()
