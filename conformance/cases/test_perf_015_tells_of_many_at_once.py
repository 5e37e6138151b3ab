"""PERF-015: when many Services get their addresses at once, how soon the last one is known to every router.

Three hundred, or ten thousand under --slow. The Services and their EndpointSlices are there before the pool is, so that
what is measured is the load balancer, and not who writes Services or slices.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_table, pending
from conformance.suite.waits import SESSION_S
from conformance.suite.world import World

FEW, MANY = 300, 10_000
SLICES_PER_S = 18
"""As the EndpointSlice controller writes them at least (its client is limited to 20 requests a second)."""
ROLES = ("controller", "speaker", "engine")
CASE = Case(
    id="PERF-015",
    title="many addresses that are given at once are soon known to every router",
    lab="bgp",
    features=("performance", "bgp"),
    backend="echo",
    source="RFC 4271 section 4.3; as PERF-006, with sessions that are up already",
    checks=(pending.served_by_a_later_pool(900.0), bgp_table.told_in_time(FEW, within_s=5.0)),
    timeout_s=2400,
)


def test_perf_015_tells_of_many_at_once(world: World) -> None:
    """Create many Services without a pool, then the pool; look at what speaker and engine use before and after."""
    count = int(world.long(FEW, MANY))
    routers = world.lab.peering_routers()
    world.wire.capture_bgp(*routers)
    world.routers.follow(routers, "bgp_peers")
    world.peers()
    world.until(bgp.established(SESSION_S), SESSION_S)
    world.create_services(count, 16)
    world.hold("EndpointSlices", count / SLICES_PER_S + 5)
    for role in ROLES:
        world.faults.use(role, "before")
    world.apply("BGPAdvertisement", "IPAddressPool")
    world.addresses(count, 60.0 + count / 20)
    world.until(bgp_table.told_in_time(count, within_s=5.0), 30.0)
    for role in ROLES:
        world.faults.use(role, "after")
