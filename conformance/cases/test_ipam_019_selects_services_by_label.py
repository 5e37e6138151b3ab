"""IPAM-019: a pool with a Service selector serves the Services it selects, and nobody else.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam, pending
from conformance.suite.waits import ASSIGN_S, HOLD_S
from conformance.suite.world import World

OTHERS = ("other-value", "no-label")
CASE = Case(
    id="IPAM-019",
    title="a pool serves only the Services that its selector matches",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation", "selectors"),
    source="MetalLB API, IPAddressPool spec.serviceAllocation.serviceSelectors; https://metallb.io/apis/#ipaddresspool",
    checks=(
        pending.never_given(*OTHERS, for_s=HOLD_S),
        ipam.assigned(ASSIGN_S, only=("chosen",)),
        choice.open_pool(),
    ),
)


def test_ipam_019_selects_services_by_label(world: World) -> None:
    """Create a Service with the label, one with another value of it, and one without."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services(*OTHERS, "chosen")
    world.address()
    world.hold("the Services that are not selected", HOLD_S + 1)
