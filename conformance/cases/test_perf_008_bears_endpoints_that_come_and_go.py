"""PERF-008: a hundred times a second an endpoint comes or goes under Local; routers are told no more than they must be.

Ten seconds, or a minute under --slow.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_follow, endpoint_churn, ipam
from conformance.suite.checks.bgp_follow import WANTED
from conformance.suite.checks.endpoint_churn import CHURN
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, SESSION_S
from conformance.suite.world import World

PER_S = 100.0
SHORT_S, LONG_S = 10.0, 60.0
SETTLED_S = 5.0
CASE = Case(
    id="PERF-008",
    title="with endpoints that come and go routers are told of no more than changes, and know the last one soon",
    lab="bgp",
    features=("performance", "bgp"),
    source="RFC 4271 section 9.2; Kubernetes API, externalTrafficPolicy (Local); catalogue PERF-008",
    checks=(
        ipam.assigned(ASSIGN_S),
        endpoint_churn.only_owed(at_least=int(PER_S * SHORT_S * 0.9)),
        bgp_follow.follows(SETTLED_S, changes=2),
    ),
    timeout_s=300,
)


def test_perf_008_bears_endpoints_that_come_and_go(world: World) -> None:
    """Have the endpoint of each node come and go, and leave that of the first."""
    nodes, routers = world.lab.eligible, world.lab.peering_routers()
    world.wire.capture_bgp(*routers)
    world.peers()
    world.routers.follow(routers, "bgp_peers", "bgp_rib")
    world.until(bgp.established(SESSION_S), SESSION_S)
    world.apply("IPAddressPool", "BGPAdvertisement", "Service")
    slices = [obj for node in nodes for obj in world.objects("EndpointSlice", node=node, ready="true")]
    for obj in slices:
        world.write("apply", obj)
    world.address()
    world.mark(WANTED + ",".join(nodes))
    world.hold("the routes", ANNOUNCE_S + 1)
    world.mark(CHURN)
    world.namespaces.churn_endpoints(slices, PER_S, world.long(SHORT_S, LONG_S))
    for node in nodes:
        for obj in world.objects("EndpointSlice", node=node, ready="true" if node == nodes[0] else "false"):
            world.write("patch", obj)
    world.mark(WANTED + nodes[0])
    world.hold("the last change", SETTLED_S + 1)
    world.mark(f"{CHURN}-over")
