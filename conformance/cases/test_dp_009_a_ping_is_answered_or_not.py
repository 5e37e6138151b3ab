"""DP-009: pings of the address are all answered, or none is, and no packet to it runs in circles.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, phases, transit
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S
from conformance.suite.world import World

CLIENTS = ("near", "far")
CASE = Case(
    id="DP-009",
    title="pings of the address are all answered or none is, and do not run in circles",
    lab="l2",
    features=("datapath",),
    backend="echo",
    source="RFC 792; Kubernetes, virtual IPs and service proxies (who has the address); catalogue DP-009",
    checks=(
        ipam.assigned(ASSIGN_S),
        phases.reachable(*(f"{client} web" for client in CLIENTS), within_s=KUBE_PROXY_S),
        transit.pinged(*(f"{client} ping" for client in CLIENTS)),
        transit.no_loop(),
    ),
)


def test_dp_009_a_ping_is_answered_or_not(world: World) -> None:
    """Ping the address from both clients, and watch the packets."""
    world.wire.capture_packets(*CLIENTS)
    world.apply()
    address = world.address()
    world.hold("the first owner and the way to the pods", ANNOUNCE_S + KUBE_PROXY_S)
    for client in CLIENTS:
        world.traffic.request(f"{client} web", address, times=5, client=client)
        world.traffic.request(f"{client} ping", address, times=10, every_s=0.3, protocol="icmp", client=client)
