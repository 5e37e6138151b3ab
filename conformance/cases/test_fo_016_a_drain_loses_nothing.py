"""FO-016: a speaker that is drained asks the routers to prefer others, waits, and then withdraws: no request fails.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_loss, bgp_wire, failover, ipam
from conformance.suite.facts import CLIENT
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S
from conformance.suite.world import World

HOLD_OFF_S = 1.0
CASE = Case(
    id="FO-016",
    title="a drained speaker is depreferenced before it withdraws, and no new connection fails",
    lab="bgp",
    features=("failover", "gshut"),
    backend="echo",
    source="RFC 8326 section 4; catalogue FO-016",
    checks=(
        ipam.assigned(ASSIGN_S),
        bgp_wire.leaves_politely(HOLD_OFF_S),
        bgp_loss.depreferenced(HOLD_OFF_S - 2 * 0.25),  # two looks at the table may miss that much
        failover.none_lost("web", at_least=400),
    ),
    timeout_s=240,
)


def test_fo_016_a_drain_loses_nothing(world: World) -> None:
    """Open 50 connections a second, and delete one node's speaker."""
    routers, node = world.lab.peering_routers(), world.lab.eligible[1]
    world.peers()
    world.wire.capture_bgp(*routers)
    world.routers.follow(routers, "bgp_rib")
    world.apply()
    address = world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.hold("kube-proxy's rules", KUBE_PROXY_S)
    world.traffic.keep_requesting("web", address, every_s=0.02, client=world.lab.with_role(CLIENT)[0].name)
    world.hold("requests", 2)
    world.mark("leaving")
    world.faults.renew("speaker", node)
    world.hold("requests", 10)
    world.faults.back("speaker")
    world.hold("requests", 2)
