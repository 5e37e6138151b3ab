"""API-001: a Service of another load balancer's class is not touched, and nothing is announced for it.

The catalogue's 30 s of waiting are PENDING_S here.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import api, ipam, l2
from conformance.suite.waits import ASSIGN_S, PENDING_S
from conformance.suite.world import World

CASE = Case(
    id="API-001",
    title="a Service of a foreign loadBalancerClass stays untouched",
    lab="l2",
    features=("api",),
    backend="echo",
    source="KEP-1959: a load balancer ignores Services with a loadBalancerClass that is not its own",
    checks=(
        api.untouched("foreign", PENDING_S),
        ipam.assigned(ASSIGN_S, only=("ours",)),
        l2.silent_for_others(at_least=3),
    ),
)


def test_api_001_leaves_foreign_classes_alone(world: World) -> None:
    """Create one Service of a foreign class and one without, and ask for all addresses of the pool."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("foreign", "ours")
    ours = world.address()
    free = [address for address in map(world.pool_address, range(4)) if address != ours]
    world.hold("the foreign Service", PENDING_S)
    world.wire.ask(ours, *free, every_s=0.1, times=3)
    world.hold("late answers", 1)
    world.events()
