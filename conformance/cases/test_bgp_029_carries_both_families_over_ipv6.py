"""BGP-029: one session over IPv6 carries both families, IPv4 prefixes with IPv6 next hops, and traffic follows.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, ipam, reach
from conformance.suite.families import Loop
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S, SESSION_S
from conformance.suite.world import World

REACHED_S = 10.0  # routes, kube-proxy's rules, and the start of those who ask, on a busy host
LOOPS = (Loop("web", 4, "client"), Loop("web", 6, "client"))
CASE = Case(
    id="BGP-029",
    title="sessions over IPv6 carry both families, IPv4 with IPv6 next hops, and traffic follows",
    lab="bgp",
    features=("bgp", "ipv6-session", "dual"),
    backend="echo",
    source="RFC 4760, RFC 2545, RFC 8950 section 3 and 4; catalogue BGP-029",
    checks=(
        ipam.assigned(ASSIGN_S),
        bgp.established(SESSION_S, "ipv6"),
        bgp.host_route(ANNOUNCE_S, "ipv6"),
        bgp.next_hops("ipv6"),
        bgp.usable(),
        reach.served_by_family(*LOOPS, within_s=REACHED_S, at_least=20),
    ),
    timeout_s=180,
)


def test_bgp_029_carries_both_families_over_ipv6(world: World) -> None:
    """Have no sessions but those over IPv6, and ask a Service with both families by each."""
    routers = world.lab.peering_routers()
    world.peers(anew=True, over="ipv6", dualStackAddressFamily=True)
    for kinds in (("bgp_rib",), ("bgp_rib6",), ("bgp_peers", "zebra", "zebra6")):
        world.routers.follow(routers, *kinds)
    world.until(bgp.established(SESSION_S, "ipv6"), SESSION_S)
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.apply("Service")
    addresses = world.families("web", 4, 6)
    world.until(bgp.host_route(ANNOUNCE_S, "ipv6"), ANNOUNCE_S)
    world.hold("the way to the pods", KUBE_PROXY_S)
    for loop, address in zip(LOOPS, addresses, strict=True):
        world.traffic.keep_requesting(str(loop), address, client=loop.client)
    world.hold("the Service", 3)
