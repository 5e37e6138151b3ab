"""FO-003: when the owner loses all its links, as by a loss of power, another answers in time and tells all.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import failover
from conformance.suite.staging import befall_owner
from conformance.suite.world import World

CASE = Case(
    id="FO-003",
    title="a node that is lost is replaced in the declared time",
    lab="l2",
    features=("failover", "l2-failover"),
    backend="kept",
    source="RFC 5227 section 2.3 (announcement); catalogue FO-003",
    checks=(
        failover.taken_over(within_s=failover.DECLARED),
        failover.outage(within_s=failover.DECLARED),
        failover.answered_again(within_s=failover.DECLARED),
        failover.one_at_a_time(),
    ),
    timeout_s=240,
)


def test_fo_003_outlives_a_node(world: World) -> None:
    """Pull all cables of the owner, and put them back."""
    befall_owner(world, "links-lost")
