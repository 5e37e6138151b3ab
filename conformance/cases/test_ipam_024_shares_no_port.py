"""IPAM-024: Services of one sharing key that have a port in common do not share an address; the later is told why.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam, pending
from conformance.suite.waits import ASSIGN_S, HOLD_S
from conformance.suite.world import World

CASE = Case(
    id="IPAM-024",
    title="two Services with one sharing key and one port do not share an address",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation", "share", "static-ip"),
    source="MetalLB, annotation allow-shared-ip: https://metallb.io/usage/#ip-address-sharing; catalogue IPAM-024",
    checks=(
        pending.never_given("clashing", for_s=HOLD_S),
        pending.explained("clashing"),
        ipam.assigned(ASSIGN_S, only=("first", "beside")),
        choice.together("first", "beside"),
        choice.kept("first"),
        choice.as_asked(),
    ),
)


def test_ipam_024_shares_no_port(world: World) -> None:
    """Ask three times for one address with one key: for port 80, for port 80 again, and for port 443 as the control."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("first")
    world.address()
    world.services("clashing", "beside")
    world.addresses(2)
    world.hold("the Service that clashes", HOLD_S + 1)
    world.events()
