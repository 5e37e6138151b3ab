"""API-009: a deleted Service is gone soon: whatever finalizer it was given is taken away.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import api, ipam
from conformance.suite.waits import ASSIGN_S, WITHDRAW_S
from conformance.suite.world import World

CASE = Case(
    id="API-009",
    title="a deleted Service disappears in time",
    lab="l2",
    elsewhere=("bgp",),
    features=("api",),
    source="KEP-980 (finalizer of load balancer clean-up); Kubernetes API, metadata.finalizers; catalogue API-009",
    checks=(
        ipam.assigned(ASSIGN_S, at_least=3),
        api.gone(WITHDRAW_S + 5),
    ),
)


def test_api_009_lets_services_go(world: World) -> None:
    """Create three Services and delete them."""
    world.apply("IPAddressPool", "L2Advertisement")
    names = ("one", "two", "three")
    world.services(*names)
    world.addresses(3)
    for name in names:
        world.delete("Service", name)
    world.until(api.gone(WITHDRAW_S + 5), WITHDRAW_S + 5)
