"""API-010: the finalizer is on the Service before its address is announced, and goes after that is withdrawn.

Twice: once the type changes to ClusterIP and back (upstream's "should handle load balancer cleanup finalizer"), then
the Service is deleted.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import api, finalizer, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, WITHDRAW_S
from conformance.suite.world import World

GONE_S = WITHDRAW_S + 5
CASE = Case(
    id="API-010",
    title="the clean-up finalizer is added before the announcement and removed after the withdrawal",
    lab="l2",
    features=("api", "finalizer"),
    backend="echo",
    source="KEP-980; Kubernetes e2e, test/e2e/network/service.go: load balancer cleanup finalizer for service",
    checks=(
        ipam.assigned(ASSIGN_S),
        finalizer.protected(),
        finalizer.taken_off("web", times=2, within_s=GONE_S),
        api.gone(GONE_S),
    ),
)


def test_api_010_guards_by_finalizer(world: World) -> None:
    """Ask for the address all the time, while the Service comes, changes its type twice, and goes."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.wire.keep_asking(world.pool_address(6), every_s=0.05, for_s=100)
    world.services("web")
    world.address()
    world.hold("the announcement", ANNOUNCE_S + 1)
    world.patch("web", spec={"type": "ClusterIP"})
    world.until(finalizer.taken_off("web", times=1, within_s=GONE_S), GONE_S)
    world.hold("silence", ANNOUNCE_S)
    world.patch("web", spec={"type": "LoadBalancer"})
    world.hold("the address again", ASSIGN_S + ANNOUNCE_S)
    world.delete("Service", "web")
    world.until(api.gone(GONE_S), GONE_S)
    world.hold("late answers", ANNOUNCE_S)
