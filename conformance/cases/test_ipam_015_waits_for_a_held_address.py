"""IPAM-015: a Service that asks for another one's address waits, says why, and gets it when the other is deleted.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam, pending
from conformance.suite.waits import ASSIGN_S, HOLD_S, WITHDRAW_S
from conformance.suite.world import World

CASE = Case(
    id="IPAM-015",
    title="an address that is held is refused, and given once it is free",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation", "static-ip"),
    source="MetalLB, annotation loadBalancerIPs: https://metallb.io/usage/#requesting-specific-ips; catalogue IPAM-015",
    checks=(
        pending.recovered(WITHDRAW_S + ASSIGN_S, waited_s=HOLD_S),
        pending.explained("asking"),
        choice.as_asked(),
        ipam.unique(),
        ipam.in_pool(),
    ),
)


def test_ipam_015_waits_for_a_held_address(world: World) -> None:
    """Ask for one address twice, wait, and delete the first."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("holding")
    world.address()
    world.services("asking")
    world.hold("the Service that asks", HOLD_S + 1)
    world.events()
    world.delete("Service", "holding")
    world.addresses(2, limit_s=WITHDRAW_S + ASSIGN_S)
