"""FO-004: an owner that was lost and returns makes no storm: one change of owners, and never two at a time.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import failover
from conformance.suite.staging import befall_owner
from conformance.suite.world import World

CASE = Case(
    id="FO-004",
    title="the return of a lost owner moves its addresses once at most",
    lab="l2",
    features=("failover", "l2-failover"),
    backend="kept",
    source="catalogue FO-004; RFC 5227 section 2.4",
    checks=(
        failover.few_changes(at_most=2),
        failover.one_at_a_time(),
        failover.outage(within_s=failover.DECLARED),
    ),
    timeout_s=240,
)


def test_fo_004_takes_an_owner_back(world: World) -> None:
    """Pull the owner's cable to the segment, put it back, and watch what becomes of its addresses."""
    befall_owner(world, "unplugged")
