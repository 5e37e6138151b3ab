"""API-004: a load balancer writes a Service by its status subresource, and changes nothing the user wrote.

Over a whole life: created, changed, turned into a ClusterIP and back, deleted.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import api, ipam, status
from conformance.suite.waits import ASSIGN_S, HOLD_S, WITHDRAW_S
from conformance.suite.world import World

CASE = Case(
    id="API-004",
    title="only the status is written, by its subresource",
    lab="l2",
    elsewhere=("bgp",),
    features=("api",),
    backend="echo",
    source="Kubernetes API conventions, spec and status; metadata.managedFields (server-side apply)",
    checks=(
        ipam.assigned(ASSIGN_S, only=("web", "other")),
        api.emptied(WITHDRAW_S),
        status.by_status_only(),
    ),
)


def test_api_004_writes_the_status_only(world: World) -> None:
    """Lead one Service through its life while another just stays."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("web", "other")
    world.addresses(2)
    world.patch("web", spec={"ports": [{"name": f"port-{n}", "port": n, "targetPort": 8080} for n in (80, 81)]})
    world.hold("the changed Service", HOLD_S)
    world.patch("web", spec={"type": "ClusterIP"})
    world.until(api.emptied(WITHDRAW_S), WITHDRAW_S)
    world.patch("web", spec={"type": "LoadBalancer"})
    world.hold("the Service with an address again", HOLD_S)
    world.delete("Service", "other")
    world.hold("late writes", HOLD_S)
