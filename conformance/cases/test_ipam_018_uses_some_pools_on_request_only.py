"""IPAM-018: a pool with autoAssign false serves those who ask for it, and nobody else.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam, pending
from conformance.suite.waits import ASSIGN_S, HOLD_S
from conformance.suite.world import World

CASE = Case(
    id="IPAM-018",
    title="a pool that is not assigned from automatically is used on request only",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation", "auto-assign"),
    source="MetalLB API, IPAddressPool spec.autoAssign; https://metallb.io/apis/#ipaddresspool",
    checks=(
        pending.never_given("plain", for_s=HOLD_S),
        ipam.assigned(ASSIGN_S, only=("asking",)),
        choice.open_pool(),
    ),
)


def test_ipam_018_uses_some_pools_on_request_only(world: World) -> None:
    """Create one Service that asks for nothing, and one that asks for the pool."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("plain", "asking")
    world.address()
    world.hold("the Service that does not ask", HOLD_S + 1)
