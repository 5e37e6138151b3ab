"""FO-014: when the leading controller is killed amid 50 creations, each Service gets an address of its own.

Shell: the world's.
"""

from concurrent.futures import ThreadPoolExecutor

from conformance.suite.case import Case
from conformance.suite.checks import ipam, restart
from conformance.suite.world import World

SERVICES = 50
SERVED_S = 30.0
CASE = Case(
    id="FO-014",
    title="a change of the leading controller amid 50 creations gives no address twice, and serves all within 30 s",
    lab="l2",
    features=("failover",),
    source="Kubernetes, Leases (leader election); catalogue FO-014",
    checks=(
        restart.restarted("controller"),
        ipam.assigned(SERVED_S, at_least=SERVICES),
        ipam.unique(at_least=SERVICES),
        ipam.one_each(),
        ipam.in_pool(),
    ),
    timeout_s=240,
)


def test_fo_014_changes_its_leader(world: World) -> None:
    """Kill the leader when the first Services have come, and let the rest come."""
    world.apply("IPAddressPool", "L2Advertisement")
    with ThreadPoolExecutor(1) as pool:
        creating = pool.submit(world.create_services, SERVICES, 4)
        world.addresses(3)
        world.faults.kill("controller", pod=world.faults.leader("controller"))
        creating.result()
    world.addresses(SERVICES, SERVED_S)
    world.faults.back("controller")
