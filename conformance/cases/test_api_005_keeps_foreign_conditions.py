"""API-005: a condition that another controller wrote into a Service's status survives all that the load balancer does.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import api, pending, status
from conformance.suite.waits import ASSIGN_S, HOLD_S, WITHDRAW_S
from conformance.suite.world import World

CONDITION = "example.org/Probed"
CASE = Case(
    id="API-005",
    title="conditions of other writers are preserved",
    lab="l2",
    elsewhere=("bgp",),
    features=("api",),
    source="Kubernetes API conventions, conditions (a map by type, with several writers); catalogue API-005",
    checks=(
        pending.served_by_a_later_pool(ASSIGN_S),
        api.emptied(WITHDRAW_S),
        status.condition_kept(CONDITION),
    ),
)


def test_api_005_keeps_foreign_conditions(world: World) -> None:
    """Write a condition, then let an address come, stay over a change, and go."""
    world.services("web")
    world.cluster.write_condition("web", CONDITION)
    world.apply("IPAddressPool", "L2Advertisement")
    world.address()
    world.patch("web", spec={"sessionAffinity": "ClientIP"})
    world.hold("the changed Service", HOLD_S)
    world.patch("web", spec={"type": "ClusterIP"})
    world.until(api.emptied(WITHDRAW_S), WITHDRAW_S)
    world.hold("late writes", HOLD_S)
