"""IPAM-034: a Service that requires both families gets none of them where only one can be had, and is told why.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import pending
from conformance.suite.waits import PENDING_S
from conformance.suite.world import World

CASE = Case(
    id="IPAM-034",
    title="a Service that requires both families waits while there is only one, and says why",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation", "dual"),
    source="KEP-563, Service ipFamilyPolicy RequireDualStack; API conventions, Events; catalogue IPAM-034",
    checks=(
        pending.never_given("web", for_s=PENDING_S),
        pending.explained("web"),
    ),
)


def test_ipam_034_waits_for_both_families(world: World) -> None:
    """Create the Service beside a pool of IPv4 alone, and look at what it is told."""
    world.apply()
    world.hold("a Service without a pool of IPv6", PENDING_S + 1)
    world.events()
