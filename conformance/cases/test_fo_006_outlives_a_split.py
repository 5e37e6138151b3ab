"""FO-006: an owner that others cannot hear goes on for its clients; when the split heals, one of two gives up at once.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import failover
from conformance.suite.staging import befall_owner
from conformance.suite.world import World

CASE = Case(
    id="FO-006",
    title="a split between nodes never makes two answer for longer than 150 ms",
    lab="l2",
    features=("failover", "l2-failover"),
    backend="kept",
    source="RFC 5227 section 2.4; catalogue FO-006",
    checks=(
        failover.outage(within_s=failover.DECLARED),
        failover.answered_again(within_s=failover.DECLARED),
        failover.one_at_a_time(),
        failover.few_changes(at_most=2),
    ),
    timeout_s=240,
)


def test_fo_006_outlives_a_split(world: World) -> None:
    """Move the other nodes to a segment of their own, and back."""
    befall_owner(world, "others-split")
