"""DP-008: a port that the Service does not have refuses or is silent, and no packet to it runs in circles.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, phases, transit
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S
from conformance.suite.world import World

CLIENTS = ("near", "far")
REFUSED_S = 1.0
CASE = Case(
    id="DP-008",
    title="a closed port of the address refuses or is silent, and packets to it do not run in circles",
    lab="l2",
    features=("datapath",),
    backend="echo",
    source="RFC 9293 section 3.5.2; RFC 1122 section 3.2.2.1; Cilium issue 32195; catalogue DP-008",
    checks=(
        ipam.assigned(ASSIGN_S),
        phases.reachable(*(f"{client} open" for client in CLIENTS), within_s=KUBE_PROXY_S),
        transit.closed(*(f"{client} closed" for client in CLIENTS), within_s=REFUSED_S),
        transit.no_loop(),
    ),
)


def test_dp_008_a_closed_port_leads_nowhere(world: World) -> None:
    """Connect from both clients to the Service's port, and to one it does not have, and watch the packets."""
    world.wire.capture_packets(*CLIENTS)
    world.apply()
    address = world.address()
    world.hold("the first owner and the way to the pods", ANNOUNCE_S + KUBE_PROXY_S)
    for client in CLIENTS:
        world.traffic.request(f"{client} open", address, times=5, client=client)
        world.traffic.request(f"{client} closed", address, port=81, times=10, every_s=0.3, client=client)
