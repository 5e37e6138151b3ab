"""PERF-016: Services come and go, ten changes a second: routers are told of each once, and no session is reset.

Twenty seconds, or five minutes under --slow.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, service_churn
from conformance.suite.checks.endpoint_churn import CHURN
from conformance.suite.waits import SESSION_S
from conformance.suite.world import World

PER_S = 5.0
"""Services that come, and as many that go."""
SHORT_S, LONG_S = 20.0, 300.0
WITHDRAWN_S = 1.0
SERVICES = int(PER_S * SHORT_S)
CASE = Case(
    id="PERF-016",
    title="of Services that come and go routers are told once, and soon that they are gone",
    lab="bgp",
    features=("performance", "bgp"),
    backend="echo",
    source="RFC 4271 section 9.2; catalogue PERF-012 and BGP-009, under load",
    checks=(service_churn.told_once(SERVICES), service_churn.taken_back(WITHDRAWN_S, SERVICES)),
    timeout_s=600,
)


def test_perf_016_tells_of_services_that_come_and_go(world: World) -> None:
    """Create and delete Services at a steady rate, each with pods on all nodes."""
    routers = world.lab.peering_routers()
    world.wire.capture_bgp(*routers)
    world.routers.follow(routers, "bgp_peers")
    world.peers()
    world.apply()
    world.until(bgp.established(SESSION_S), SESSION_S)
    world.mark(CHURN)
    world.namespaces.churn(
        world.namespace, "web", PER_S, world.long(SHORT_S, LONG_S), writers=4, selector={"app": "echo"}
    )
    world.hold("the last withdrawals", 2 * WITHDRAWN_S)
    world.mark(f"{CHURN}-over")
