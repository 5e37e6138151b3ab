"""ECMP-011: on routers with resilient hashing a node that comes breaks no flow, and gets its part of new ones.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import hops, ipam
from conformance.suite.checks.eligible import EXCLUDED
from conformance.suite.checks.hops import JOINING
from conformance.suite.spreading import converged, steady_transit
from conformance.suite.statistics import FLOWS_PER_NODE
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

FLOWS = 300
IDLE_S = 12  # longer than a host that is busy keeps all flows waiting
CASE = Case(
    id="ECMP-011",
    title="on resilient routers a node that comes breaks no flow and gets its part of new flows",
    lab="bgp",
    features=("ecmp", "resilient"),
    backend="echo",
    source="Linux Documentation/networking/nexthop-group-resilient.rst (idle timer); catalogue ECMP-011",
    checks=(ipam.assigned(ASSIGN_S), hops.joins_gently(FLOWS // 2)),
    requires=("ECMP-000",),
    timeout_s=240,
)


def test_ecmp_011_resilient_routers_take_nodes_gently(world: World) -> None:
    """Exclude a node, hold 300 connections over resilient groups, admit it, and open new ones when buckets are idle."""
    node = world.lab.eligible[-1]
    address = converged(world)
    world.cluster.label(node, EXCLUDED, "true")
    world.hold("that the node is out", 2 * ANNOUNCE_S)
    steady_transit(world, address)
    for router in world.lab.peering_routers():
        world.routers.resilient(router, address, idle_s=IDLE_S)
    world.traffic.hold_flows(address, FLOWS, requests=14, pause_s=1.0)
    world.hold("the flows", 4)
    world.mark(JOINING + node)
    world.cluster.label(node, EXCLUDED, None)
    world.traffic.finish_flows()
    world.hold("idle buckets", IDLE_S + 2)
    world.traffic.flows(address, FLOWS_PER_NODE * len(world.lab.eligible))
