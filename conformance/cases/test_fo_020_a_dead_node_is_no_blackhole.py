"""FO-020: with graceful restart and BFD a node that is dead is given up after BFD's detection time, not kept as stale.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bfd, bgp, bgp_loss, ipam
from conformance.suite.facts import CLIENT
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S, SESSION_S
from conformance.suite.world import World

BOUND_S = bfd.noticed_s(0.9)  # the lab's 300 ms times 3
CASE = Case(
    id="FO-020",
    title="with graceful restart and BFD, requests fail for BFD's detection time at most when a node is lost",
    lab="bgp",
    features=("failover", "gr", "bfd"),
    backend="echo",
    source="RFC 5882 section 4.3, RFC 4724 section 4.2; catalogue FO-020",
    checks=(ipam.assigned(ASSIGN_S), bgp_loss.restartable(), bgp_loss.blackhole(BOUND_S)),
    timeout_s=240,
)


def test_fo_020_a_dead_node_is_no_blackhole(world: World) -> None:
    """Open 50 connections a second, and lose every packet from and to one node, whose links stay up."""
    routers, node = world.lab.peering_routers(), world.lab.eligible[1]
    world.wire.capture_bgp(*routers)
    world.peers(anew=True, enableGracefulRestart=True)
    world.routers.follow(routers, "bgp_rib")
    world.apply()
    address = world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S + SESSION_S)
    world.hold("kube-proxy's rules, and BFD", KUBE_PROXY_S + SESSION_S)
    world.traffic.probe("web", address, client=world.lab.with_role(CLIENT)[0].name)
    world.hold("requests", 3)
    number = world.routers.faults.silence(node)
    world.hold("requests", 8)
    world.routers.faults.undo(number)
    world.traffic.stop()
