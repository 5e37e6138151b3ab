"""FO-009: when only the owner's announcing interface goes down, another node answers in time.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import failover
from conformance.suite.staging import befall_owner
from conformance.suite.world import World

CASE = Case(
    id="FO-009",
    title="an owner whose announcing interface is down is replaced in the declared time",
    lab="l2",
    features=("failover", "l2-failover"),
    backend="kept",
    source="catalogue FO-009",
    checks=(
        failover.taken_over(within_s=failover.DECLARED),
        failover.outage(within_s=failover.DECLARED),
        failover.answered_again(within_s=failover.DECLARED),
        failover.one_at_a_time(),
    ),
    timeout_s=240,
)


def test_fo_009_outlives_an_interface(world: World) -> None:
    """Set the owner's interface on the segment down, and up again."""
    befall_owner(world, "interface-down")
