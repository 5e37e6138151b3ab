"""BGP-030: a peer that is named by an interface: a session over link-local addresses that carries both families.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, ipam
from conformance.suite.facts import K8S_NODE, link_local
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, SESSION_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-030",
    title="a peer named by an interface has a session over link-local addresses, with both families",
    lab="bgp",
    features=("bgp", "unnumbered", "dual"),
    backend="echo",
    source="RFC 5549 and RFC 8950 section 4 (next hops of IPv6), RFC 4291 section 2.5.6; catalogue BGP-030",
    checks=(
        bgp.established(SESSION_S, "link-local"),
        ipam.assigned(ASSIGN_S),
        bgp.host_route(ANNOUNCE_S, "link-local"),
        bgp.next_hops("link-local"),
    ),
    timeout_s=180,
)


def test_bgp_030_peers_by_interface(world: World) -> None:
    """Tell the routers the nodes' link-local addresses and the nodes the interfaces."""
    routers = world.lab.peering_routers()
    for router in routers:
        do: list[str] = []
        for node in world.lab.with_role(K8S_NODE):
            for interface in node.interfaces:
                peer, _, port = interface.peer.partition(":")
                if peer == router:
                    name = f"neighbor {link_local(interface.mac)}"
                    do += [f"{name} peer-group NODES6", f"{name} interface {port}"]
        undo = [f"no {command}" for command in do if "peer-group" in command]
        world.routers.faults.configure(router, "router bgp", *do, undo=("router bgp", *undo))
    for kind in ("bgp_peers", "bgp_rib", "bgp_rib6"):
        world.routers.follow(routers, kind)
    world.apply("BGPPeer")
    world.until(bgp.established(SESSION_S, "link-local"), SESSION_S)
    world.apply("IPAddressPool", "BGPAdvertisement", "Service")
    world.families("web", 4, 6)
    world.until(bgp.host_route(ANNOUNCE_S, "link-local"), ANNOUNCE_S)
    world.hold("the set of advertising nodes")
