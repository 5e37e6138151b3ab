"""FO-022: when one of two routers is lost, the other loses nothing, and requests fail for BFD's time at most.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bfd, bgp, bgp_loss, bgp_peers, ipam
from conformance.suite.facts import CLIENT
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S, SESSION_S
from conformance.suite.world import World

BOUND_S = bfd.noticed_s(0.9)  # the lab's 300 ms times 3
CASE = Case(
    id="FO-022",
    title="one of two routers is lost: the other keeps all, and requests fail for BFD's detection time at most",
    lab="bgp",
    features=("failover",),
    backend="echo",
    source="RFC 7938 section 5.2.5, RFC 5882 section 4; catalogue FO-022",
    checks=(ipam.assigned(ASSIGN_S), bgp_peers.others_keep_all(), bgp_loss.blackhole(BOUND_S)),
    timeout_s=240,
)


def test_fo_022_outlives_one_of_two_routers(world: World) -> None:
    """Open 50 connections a second, and take all links of one router down for a while."""
    lost, *others = world.lab.peering_routers()
    world.peers()
    world.routers.follow((lost, *others), "bgp_rib")
    world.routers.follow(tuple(others), "bgp_peers")
    world.apply()
    address = world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.hold("kube-proxy's rules, and BFD", KUBE_PROXY_S + SESSION_S)
    world.traffic.probe("web", address, client=world.lab.with_role(CLIENT)[0].name)
    world.hold("requests", 3)
    number = world.routers.faults.lose(lost)
    world.hold("requests", 8)
    world.traffic.stop()
    world.routers.faults.undo(number)
    world.hold("that the other is not touched either when it is back", 3)
