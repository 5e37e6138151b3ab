"""IPAM-014: a Service that asks for an address of no pool gets none and is told why; the others are not disturbed.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam, pending
from conformance.suite.waits import ASSIGN_S, HOLD_S
from conformance.suite.world import World

ASKING = ("by-annotation", "by-spec")
CASE = Case(
    id="IPAM-014",
    title="an address outside every pool is refused with a reason",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation", "static-ip"),
    source="MetalLB, annotation loadBalancerIPs: https://metallb.io/usage/#requesting-specific-ips; catalogue IPAM-014",
    checks=(
        pending.never_given(*ASKING, for_s=HOLD_S),
        pending.explained(*ASKING),
        ipam.assigned(ASSIGN_S, only=("before", "after")),
        choice.kept("before", "after"),
        ipam.in_pool(),
    ),
)


def test_ipam_014_refuses_addresses_outside_pools(world: World) -> None:
    """Ask for two foreign addresses, by annotation and by spec, between two Services that ask for nothing."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("before")
    world.address()
    world.services(*ASKING, "after")
    world.addresses(2)
    world.hold("the refused Services", HOLD_S + 1)
    world.events()
