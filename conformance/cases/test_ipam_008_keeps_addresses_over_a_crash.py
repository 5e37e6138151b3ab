"""IPAM-008: when the controller is killed, every Service keeps its address, and no status is emptied on the way.

A Service that is created afterwards shows that the new controller works, and did not keep them by doing nothing.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam, restart
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

SERVICES = 20
WATCH_S = 60.0
CASE = Case(
    id="IPAM-008",
    title="20 addresses survive a kill -9 of the controller, in every state of 60 s",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation",),
    source="Kubernetes API, Service status.loadBalancer (the state is in the API server); catalogue IPAM-008",
    checks=(
        restart.restarted("controller", watched_s=WATCH_S),
        choice.kept(at_least=SERVICES),
        ipam.assigned(ASSIGN_S, at_least=SERVICES + 1),
        ipam.one_each(),
        ipam.unique(),
    ),
    timeout_s=300,
)


def test_ipam_008_keeps_addresses_over_a_crash(world: World) -> None:
    """Give 20 addresses, kill the controller, watch for a minute, and ask for one more."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(SERVICES, writers=4)
    world.addresses(SERVICES)
    world.faults.kill("controller")
    world.faults.back("controller")
    world.hold("the addresses", WATCH_S)
    world.apply("Service", index="later")
    world.addresses(SERVICES + 1)
