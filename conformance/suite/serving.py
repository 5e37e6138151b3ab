"""Sets the scene of a case about what clients get of a Service, in any lab: behind an owner, or behind routers.

Shell: the world's.
"""

from ipaddress import IPv4Address

from conformance.suite.waits import ANNOUNCE_S, KUBE_PROXY_S
from conformance.suite.world import World


def served(world: World) -> tuple[IPv4Address, ...]:
    """Write the case's objects, and wait until clients are led to its Services.

    Args:
        world: of the case, whose file advertises its addresses on layer 2 and by BGP.

    Returns:
        The addresses, by Service name.

    Raises:
        Stopped: a Service gets none.
    """
    if world.is_routed:
        world.peers()
    world.apply()
    addresses = world.addresses(len(world.objects("Service")))
    if world.is_routed:
        for address in addresses:
            world.converged(address)
    else:
        world.hold("the first owners and the way to the pods", ANNOUNCE_S + KUBE_PROXY_S)
    return addresses
