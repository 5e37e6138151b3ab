"""ECMP-014: a router has as many next hops as nodes advertise, up to its own maximum.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import hops, ipam
from conformance.suite.checks.hops import COUNTED
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

FOLLOW_S = 5.0
FEWER, USUAL = 2, 8
CHANGING = "changing"
"""Ends what was wanted before: a router may follow before the pods are seen to be ready."""
FAMILY = ("router bgp", "address-family ipv4 unicast")
CASE = Case(
    id="ECMP-014",
    title="the FIB has one next hop for each advertising node, or the router's maximum",
    lab="bgp",
    features=("ecmp",),
    source="FRR maximum-paths; catalogue ECMP-014 (K of 1, 2 and all; fewer where the router allows fewer)",
    checks=(ipam.assigned(ASSIGN_S), hops.hops_follow(FOLLOW_S, changes=4)),
    timeout_s=300,
)


def test_ecmp_014_next_hops_are_as_many_as_nodes(world: World) -> None:
    """Run pods on one, two and three nodes, and then let the routers use two paths only."""
    nodes = dict(zip(("node_1", "node_2", "node_3"), world.lab.eligible, strict=True))
    routers = world.lab.peering_routers()
    world.peers()
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.apply("Deployment", **nodes)
    world.pods_ready(1)
    world.routers.follow(routers, "fib")
    world.apply("Service")
    world.address()
    for count in (1, 2, 3):
        world.mark(CHANGING)
        world.cluster.scale({f"echo-{n}": int(n <= count) for n in (1, 2, 3)})
        world.mark(f"{COUNTED}{count}")
        world.hold("the next hops", FOLLOW_S + 1)
    world.mark(CHANGING)
    for router in routers:
        undo = (*FAMILY, f"maximum-paths {USUAL}")
        world.routers.faults.configure(router, *FAMILY, f"maximum-paths {FEWER}", undo=undo)
    for count in (1, 3):  # FRR looks at its maximum when paths come
        world.cluster.scale({f"echo-{n}": int(n <= count) for n in (1, 2, 3)})
    world.mark(f"{COUNTED}{FEWER}")
    world.hold("the next hops", FOLLOW_S + 1)
