"""API-022: a Service that has to wait shows why within five seconds, by a reason that a program can tell from others.

Four causes: no pool is configured, no pool is open to the Service, the pool is used up, the request cannot be read.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import pending, reasons
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

WITHIN_S = 5
LATER = ("mismatched", "exhausted", "invalid")
CASE = Case(
    id="API-022",
    title="a pending Service shows a machine-readable reason in time",
    lab="l2",
    elsewhere=("bgp",),
    features=("api", "conditions"),
    source="Kubernetes API conventions, conditions (reason in CamelCase, for programs); catalogue API-022",
    checks=(
        pending.served_by_a_later_pool(ASSIGN_S),
        reasons.told_apart("no-pool", *LATER, within_s=WITHIN_S),
        pending.never_given(*LATER, for_s=WITHIN_S),
    ),
)


def test_api_022_says_why(world: World) -> None:
    """Bring a Service into each of the four straits, and read what it is told."""
    world.services("no-pool")
    world.until_told(reasons.told_apart("no-pool", within_s=WITHIN_S), WITHIN_S)
    world.apply("IPAddressPool", "L2Advertisement")
    world.address()
    world.services(*LATER)
    world.until_told(reasons.told_apart(*LATER, within_s=WITHIN_S), WITHIN_S)
    world.hold("addresses that must not come", WITHIN_S)
    world.events()
