"""FO-015: a speaker that is stopped is no next hop any more within a second, and its going moves few other flows.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import hops, ipam
from conformance.suite.checks.hops import LEAVING
from conformance.suite.spreading import converged, next_hops, steady_transit
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

FLOWS = 400
GONE_S = 1.0
MOVED = 0.25 + 0.05  # at most what the last next hop moves, by hash-threshold; the middle one moves the fewest
CASE = Case(
    id="FO-015",
    title="a speaker that is stopped is out of the routers' FIBs in a second, and few other flows move",
    lab="bgp",
    features=("failover",),
    backend="echo",
    source="RFC 4271 section 6.7 (Cease), RFC 8326 section 4; catalogue FO-015",
    checks=(ipam.assigned(ASSIGN_S), hops.out_of_fib(GONE_S), hops.survivors_stay(MOVED, flows=FLOWS // 2)),
    timeout_s=240,
)


def test_fo_015_a_speaker_leaves_in_time(world: World) -> None:
    """Hold 400 connections, and delete the speaker of the middle next hop: then the fewest others move."""
    address = converged(world)
    node = next_hops(world, address)[1]
    steady_transit(world, address)
    world.traffic.hold_flows(address, FLOWS, requests=12, pause_s=1.0)
    world.hold("the flows", 4)
    world.mark(LEAVING + node)
    world.faults.renew("speaker", node)
    world.traffic.finish_flows()
    world.faults.back("speaker")
