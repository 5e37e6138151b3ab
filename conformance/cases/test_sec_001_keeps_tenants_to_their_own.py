"""SEC-001: a tenant that may only write Services gets no address that is not for it, however it asks.

The case's own namespace is the tenant's. Reserved is a pool for kube-public, where no Service is.

Shell: the world's.
"""

from ipaddress import IPv4Address

from conformance.suite.case import Case
from conformance.suite.checks import ipam, tenants
from conformance.suite.facts import unused
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, HOLD_S
from conformance.suite.world import World

WISHES = ("reserved", "outside", "node", "api", "loopback", "link-local", "multicast", "broadcast")
NAMES = ("by-pool", *(f"wish-{wish}" for wish in WISHES))
CASE = Case(
    id="SEC-001",
    title="a tenant gets no address of another namespace, of a node, of the API server, or of nobody's",
    lab="l2",
    features=("security", "namespaces", "static-ip"),
    backend="echo",
    source="Kubernetes, multi-tenancy (tenants write Services); RFC 1122 section 3.2.1.3, RFC 3927; catalogue SEC-001",
    checks=(
        ipam.assigned(ASSIGN_S, only=("web",)),
        tenants.out_of_reach(*NAMES, for_s=HOLD_S),
        tenants.unclaimed("a request", at_least=3),
    ),
)


def test_sec_001_keeps_tenants_to_their_own(world: World) -> None:
    """Ask for a reserved pool by its name, and for addresses of all kinds by number."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("web", index="", address="")
    held, reserved = world.address(), world.pool_address(12)
    outside = unused(world.lab, "near", 1)[0]
    special = ("127.0.0.1", "169.254.169.254", "224.0.0.1", "255.255.255.255")
    asked = (reserved, outside, world.cluster.node_address(), world.cluster.api_address(), *special)
    for wish, address in zip(WISHES, asked, strict=True):
        for service in world.objects("Service", index=wish, address=str(address)):
            if service["metadata"]["name"] == f"wish-{wish}":
                world.offer(service)
    world.services("by-pool", index="", address="")
    world.hold("what is asked for", HOLD_S + ANNOUNCE_S)
    world.wire.ask(held, reserved, outside, IPv4Address(special[1]), every_s=0.1, times=3)
    world.events()
