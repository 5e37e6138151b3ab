"""IPAM-025: a Service with another sharing key, or with none, never gets an address that is held, not even if asked.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam, pending
from conformance.suite.waits import ASSIGN_S, HOLD_S
from conformance.suite.world import World

ASKING = ("other-key", "no-key")
CASE = Case(
    id="IPAM-025",
    title="Services with different sharing keys never have one address",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation", "share", "static-ip"),
    source="MetalLB, annotation allow-shared-ip: https://metallb.io/usage/#ip-address-sharing; catalogue IPAM-025",
    checks=(
        pending.never_given(*ASKING, for_s=HOLD_S),
        pending.explained(*ASKING),
        ipam.assigned(ASSIGN_S, only=("holding", "unasked")),
        choice.kept("holding"),
        choice.as_asked(),
        ipam.unique(),
    ),
)


def test_ipam_025_shares_with_the_same_key_only(world: World) -> None:
    """Ask for a shared address with another key and without one, on ports that would not clash."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("holding")
    world.address()
    world.services(*ASKING, "unasked")
    world.addresses(2)
    world.hold("the Services that ask", HOLD_S + 1)
    world.events()
