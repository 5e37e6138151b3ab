"""FO-023: when the owner is drained, clients wait three seconds at most.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import failover
from conformance.suite.staging import befall_owner
from conformance.suite.world import World

CASE = Case(
    id="FO-023",
    title="a drain of the owner costs clients 3 s at most",
    lab="l2",
    features=("failover",),
    backend="kept",
    source="Kubernetes, safely drain a node; catalogue FO-023",
    checks=(
        failover.outage(within_s=3.0),
        failover.one_at_a_time(),
        failover.few_changes(at_most=2),
    ),
    timeout_s=240,
)


def test_fo_023_outlives_a_drain(world: World) -> None:
    """Drain the owner, and let it be scheduled on again."""
    befall_owner(world, "drain")
