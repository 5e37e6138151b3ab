"""FO-018: with graceful restart a BGP speaker that crashes costs no request: its routes stay until it is back.

Without BFD, which would tell the routers that the node is gone.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_loss, failover, ipam
from conformance.suite.facts import CLIENT
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S, SESSION_S
from conformance.suite.world import World

CASE = Case(
    id="FO-018",
    title="with graceful restart a crash of the BGP speaker loses no request, and its routes stay and are sent again",
    lab="bgp",
    features=("failover", "gr"),
    backend="echo",
    source="RFC 4724 section 4; catalogue FO-018",
    checks=(ipam.assigned(ASSIGN_S), bgp_loss.stays_known(), failover.none_lost("web", at_least=400)),
    timeout_s=240,
)


def test_fo_018_a_graceful_restart_loses_nothing(world: World) -> None:
    """Open 50 connections a second, and kill what speaks BGP on one node."""
    routers, node = world.lab.peering_routers(), world.lab.eligible[1]
    world.wire.capture_bgp(*routers)
    world.peers(anew=True, enableGracefulRestart=True, bfdProfile="")
    world.routers.follow(routers, "bgp_rib")
    world.apply()
    address = world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S + SESSION_S)
    world.hold("kube-proxy's rules", KUBE_PROXY_S)
    world.traffic.keep_requesting("web", address, every_s=0.02, client=world.lab.with_role(CLIENT)[0].name)
    world.hold("requests", 2)
    world.faults.kill("engine", node)
    world.faults.back("engine")
    world.hold("requests", 15)
