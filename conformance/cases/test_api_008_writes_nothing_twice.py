"""API-008: a controller that starts again finds everything as it should be and writes nothing.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, restart, status
from conformance.suite.waits import ASSIGN_S, PENDING_S
from conformance.suite.world import World

SERVICES = 20
CASE = Case(
    id="API-008",
    title="a restart of the controller writes to no Service that has its address",
    lab="l2",
    elsewhere=("bgp",),
    features=("api",),
    backend="echo",
    source="Kubernetes API conventions, level-triggered controllers; catalogue API-008",
    checks=(
        ipam.assigned(ASSIGN_S, at_least=SERVICES),
        restart.restarted("controller", watched_s=PENDING_S),
        status.unwritten(SERVICES, PENDING_S),
    ),
    timeout_s=300,
)


def test_api_008_writes_nothing_twice(world: World) -> None:
    """Serve 20 Services, kill the controller, and watch what it writes when it is back."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(SERVICES, writers=4)
    world.addresses(SERVICES)
    world.hold("the last writes", 3)
    world.faults.kill("controller")
    world.faults.back("controller")
    world.hold("writes of the new controller", PENDING_S)
