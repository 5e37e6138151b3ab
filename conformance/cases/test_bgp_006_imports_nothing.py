"""BGP-006: routes that a router advertises to the nodes change none of the nodes' routing tables.

Shell: the world's.
"""

from ipaddress import ip_network

from conformance.suite.case import Case
from conformance.suite.checks import bgp
from conformance.suite.waits import SESSION_S
from conformance.suite.world import World

ROUTES = tuple(f"198.18.{number}.0/24" for number in range(100))  # the benchmark network of RFC 2544
CASE = Case(
    id="BGP-006",
    title="nodes take no route from a router",
    lab="bgp",
    features=("bgp",),
    source="https://metallb.io/concepts/bgp/ (received routes are ignored); RFC 8212 section 3 (no import policy)",
    checks=(bgp.established(SESSION_S), bgp.imports_nothing(len(ROUTES))),
)


def test_bgp_006_imports_nothing(world: World) -> None:
    """Offer 100 routes, a default and one that covers the nodes' own addresses, and compare the nodes' tables."""
    routers, lab = world.lab.peering_routers(), world.lab
    world.peers()
    world.routers.follow(routers, "bgp_peers")
    world.until(bgp.established(SESSION_S), SESSION_S)
    cover = {str(ip_network(f"{address}/15", strict=False)) for address in world.nodes().values()}
    offered = (*ROUTES, "0.0.0.0/0", *sorted(cover))
    for node in lab.eligible:
        world.routers.node_fib(node)
    peers = tuple(str(address) for address, node in lab.peering(routers[0]).items() if node in lab.eligible)
    undo = world.routers.inject(routers[0], offered, peers)
    try:
        world.hold("the router's updates", 3)
        world.mark("injected")
        for peer in peers:
            world.routers.advertised(routers[0], peer)
        for _ in range(3):
            world.hold("the nodes' routes", 2)
            for node in lab.eligible:
                world.routers.node_fib(node)
    finally:
        world.routers.vtysh(routers[0], *undo)
