"""FO-001: when the owner's speaker is deleted, clients wait three seconds at most, and one node owns the address then.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import failover
from conformance.suite.staging import befall_owner
from conformance.suite.world import World

CASE = Case(
    id="FO-001",
    title="a graceful end of the owner's speaker costs clients 3 s at most",
    lab="l2",
    features=("failover",),
    backend="kept",
    source="Kubernetes, Pod lifecycle, termination; catalogue FO-001",
    checks=(
        failover.outage(within_s=3.0),
        failover.one_at_a_time(),
        failover.few_changes(at_most=2),
    ),
    timeout_s=240,
)


def test_fo_001_outlives_a_deleted_speaker(world: World) -> None:
    """Delete the owner's speaker, and wait for its replacement."""
    befall_owner(world, "pod-deleted")
