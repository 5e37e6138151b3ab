"""IPAM-005: when a Service of an exhausted pool is deleted, exactly one of those that wait gets its address, by itself.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam, pending
from conformance.suite.waits import ASSIGN_S, WITHDRAW_S
from conformance.suite.world import World

WAIT_S = 2.0
CASE = Case(
    id="IPAM-005",
    title="a waiting Service gets the address of a deleted one",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation",),
    source="Kubernetes API, Service status.loadBalancer; catalogue IPAM-005",
    checks=(
        pending.recovered(WITHDRAW_S + ASSIGN_S, waited_s=WAIT_S),
        ipam.unique(),
        ipam.in_pool(),
        choice.kept("second"),
    ),
)


def test_ipam_005_recovers_from_exhaustion(world: World) -> None:
    """Let two Services wait for an address of a pool of two, delete one that has one, and watch."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("first", "second")
    world.addresses(2)
    world.services("third", "fourth")
    world.hold("the waiting Services", WAIT_S + 0.5)
    world.delete("Service", "first")
    world.addresses(3, limit_s=WITHDRAW_S + ASSIGN_S)
    world.hold("a second heir", 2)
