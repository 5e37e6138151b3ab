"""DP-012: 10 MB come through, also where the way to the client takes shorter packets than the pods send.

Shell: the world's.
"""

from functools import partial

from conformance.suite.case import Case
from conformance.suite.checks import ipam, phases, transit
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S
from conformance.suite.world import World

CLIENT, GATEWAY = "far", "gw"
MTU_BYTES = 1280
TIMES = 6
TRANSFER_S = 20.0
CASE = Case(
    id="DP-012",
    title="10 MB come through to a client behind a path of a smaller MTU: the pods learn of it by the address",
    lab="l2",
    features=("datapath",),
    source="RFC 1191 sections 3 and 4; RFC 5508 section 4.2 (ICMP errors through NAT); catalogue DP-012",
    checks=(
        ipam.assigned(ASSIGN_S),
        phases.reachable("wide", within_s=KUBE_PROXY_S),
        transit.path_mtu("narrow", at_least=TIMES),
    ),
    timeout_s=240,
)


def test_dp_012_long_answers_come_through(world: World) -> None:
    """Download 10 MB several times, then again with a gateway that passes on no packet of full length."""
    world.apply("IPAddressPool", "L2Advertisement", "DaemonSet")
    world.cluster.pods_are(len(world.lab.eligible))
    world.services("web")
    address = world.address()
    world.hold("the first owner and the way to the pods", ANNOUNCE_S + KUBE_PROXY_S)
    world.wire.capture_packets()
    download = partial(
        world.traffic.request, protocol="download", times=TIMES, every_s=1.0, client=CLIENT, timeout_s=TRANSFER_S
    )
    download("wide", address)
    world.segment.narrow(GATEWAY, CLIENT, MTU_BYTES)
    download("narrow", address)
