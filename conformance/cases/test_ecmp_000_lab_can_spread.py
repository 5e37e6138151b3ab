"""ECMP-000: the lab itself spreads flows, shown without any load balancer.

Static equal-cost routes lead to an address that kube-proxy serves on every node (externalIPs), and the same
probe as in the other cases counts who answers. If this fails, the ECMP cases prove nothing and are blocked.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ecmp
from conformance.suite.facts import ROUTER
from conformance.suite.statistics import FLOWS_PER_NODE
from conformance.suite.waits import KUBE_PROXY_S
from conformance.suite.world import World

CASE = Case(
    id="ECMP-000",
    title="the lab's routers spread flows evenly over static equal-cost routes",
    lab="bgp",
    features=("lab",),
    backend="echo",
    source="RFC 2992; Linux ip-sysctl, fib_multipath_hash_policy",
    checks=(ecmp.router_ready(), ecmp.flows_answered(), ecmp.all_nodes_used(), ecmp.evenly_spread()),
    timeout_s=240,
)


def test_ecmp_000_lab_can_spread(world: World) -> None:
    """Route an address to all nodes by hand and count who answers."""
    lab, address = world.lab, world.pool_address(240)
    edge = lab.peering_routers()
    world.apply("Service")
    hops = {r.name: lab.towards(r.name, lab.eligible if r.name in edge else edge) for r in lab.with_role(ROUTER)}
    try:
        for router, via in hops.items():
            world.routers.settings(router)
            parts = [word for hop in via for word in ("nexthop", "via", str(hop))]
            world.routers.route(router, "replace", f"{address}/32", *parts)
        world.hold("kube-proxy's rules", KUBE_PROXY_S)
        for _ in range(2):
            world.traffic.flows(address, FLOWS_PER_NODE * len(lab.eligible))
    finally:
        for router in hops:
            world.routers.route(router, "del", f"{address}/32")
