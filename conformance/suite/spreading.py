"""Sets the scene of a case about ECMP: an address that all routers spread, and a next hop that is taken out.

Shell: the world's.
"""

from ipaddress import IPv4Address

from conformance.suite.checks.eligible import EXCLUDED
from conformance.suite.checks.hops import LEAVING
from conformance.suite.convergence import in_order
from conformance.suite.world import World

TRANSIT_IDLE_S = 30
"""After so long without a packet a transit router may move a flow, seconds; no pause of a held flow is so long."""


def converged(world: World) -> IPv4Address:
    """Advertise the address of the case's Service until all routers have all next hops.

    Returns:
        The address.

    Raises:
        Stopped: it has none.
    """
    world.peers()
    world.apply()
    address = world.address()
    world.converged(address)
    return address


def uneven(world: World) -> IPv4Address:
    """Advertise the address of the case's Service, with the pods of its Deployments on two nodes.

    Returns:
        The address.

    Raises:
        Stopped: it has none.
    """
    nodes = dict(zip(("node_1", "node_2"), world.lab.eligible, strict=False))
    world.peers()
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.apply("Deployment", **nodes)
    world.pods_ready(4)
    world.apply("Service")
    address = world.address()
    world.hold("the routers and kube-proxy")
    return address


def next_hops(world: World, address: IPv4Address) -> tuple[str, ...]:
    """Name the nodes that are next hops of an address on the first router, in the kernel's order."""
    return in_order(world.recorder.history(), world.lab, world.lab.peering_routers()[0], address)


def steady_transit(world: World, address: IPv4Address) -> None:
    """Have transit routers keep established flows on their ways: what they move is no node's doing.

    A router that tells its routes anew, because a node came or went, may come first in the order of the next router,
    and hash-threshold gives it the flows of the other one then.
    """
    for router in world.lab.transit_routers():
        world.routers.resilient(router, address, idle_s=TRANSIT_IDLE_S)


def exclude_amid_flows(
    world: World, address: IPv4Address, node: str, flows: int, *, requests: int, pause_s: float, steady_s: float
) -> None:
    """Hold connections to an address, and exclude a node from load balancers while they last.

    Args:
        world: of the case.
        address: of the Service.
        node: that is excluded.
        flows: how many connections.
        requests: on each.
        pause_s: between two of them.
        steady_s: from the first connection until the node is excluded.
    """
    steady_transit(world, address)
    world.traffic.hold_flows(address, flows, requests=requests, pause_s=pause_s)
    world.hold("the flows", steady_s)
    world.mark(LEAVING + node)
    world.cluster.label(node, EXCLUDED, "true")
    world.traffic.finish_flows()
