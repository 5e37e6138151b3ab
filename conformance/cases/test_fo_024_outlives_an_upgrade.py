"""FO-024: a rolling restart of the speakers costs each address a bounded time, and changes none.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, failover
from conformance.suite.staging import befall_owner
from conformance.suite.world import World

CASE = Case(
    id="FO-024",
    title="a rolling restart costs clients 3 s for each change of owners at most",
    lab="l2",
    features=("failover",),
    backend="kept",
    source="Kubernetes, DaemonSet rolling update; catalogue FO-024",
    checks=(
        failover.outage(within_s=3.0),
        failover.one_at_a_time(),
        choice.kept(at_least=4),
    ),
    timeout_s=400,
)


def test_fo_024_outlives_an_upgrade(world: World) -> None:
    """Restart all speakers, one after the other."""
    befall_owner(world, "rolling-restart")
