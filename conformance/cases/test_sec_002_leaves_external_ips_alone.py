"""SEC-002: whoever writes an address into spec.externalIPs is not given its traffic on the segment.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, tenants
from conformance.suite.facts import unused
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="SEC-002",
    title="addresses of spec.externalIPs are not announced",
    lab="l2",
    features=("security",),
    backend="echo",
    source="CVE-2020-8554 (https://github.com/kubernetes/kubernetes/issues/97076); catalogue SEC-002",
    checks=(
        ipam.assigned(ASSIGN_S, only=("web", "both")),
        tenants.unclaimed("spec.externalIPs", at_least=3),
    ),
)


def test_sec_002_leaves_external_ips_alone(world: World) -> None:
    """Name three addresses as external ones, in a ClusterIP Service and in a LoadBalancer, and ask who has them."""
    first, second = unused(world.lab, "near", 2)
    third = world.pool_address(5)
    external = {"first": str(first), "second": str(second), "third": str(third)}
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("web", **external)
    held = world.address()
    world.services("cluster", "both", **external)
    world.addresses(2)
    world.hold("the announcement", ANNOUNCE_S)
    world.wire.ask(held, first, second, third, every_s=0.1, times=5)
