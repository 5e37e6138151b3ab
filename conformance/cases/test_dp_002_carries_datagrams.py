"""DP-002: datagrams that just fit into a packet, and such as travel in fragments, are echoed.

Of a datagram of 4 KiB netexec reads 2 KiB, which travel back in two fragments.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, sources
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S
from conformance.suite.world import World

COUNT, SHARE = 1000, 0.999
SIZES = {"1472 bytes": 1472, "4 KiB": 4096}
CASE = Case(
    id="DP-002",
    title="UDP datagrams are echoed, in one packet and in fragments, at least 99.9 % of 1000 each",
    lab="l2",
    features=("datapath",),
    backend="echo",
    source="RFC 791 section 3.2 (fragmentation and reassembly); RFC 768; catalogue DP-002",
    checks=(ipam.assigned(ASSIGN_S), sources.echoed(*SIZES, share=SHARE, at_least=COUNT)),
)


def test_dp_002_carries_datagrams(world: World) -> None:
    """Have a thousand datagrams of each size echoed, from behind the gateway."""
    world.apply()
    address = world.address()
    world.hold("the first owner and the way to the pods", ANNOUNCE_S + KUBE_PROXY_S)
    for name, size_bytes in SIZES.items():
        world.traffic.echo(name, address, port=7, size_bytes=size_bytes, times=COUNT, every_s=0.01)
