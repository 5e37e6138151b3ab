"""SEC-015: a tenant with many Services that cannot be served keeps no other tenant's from being served.

Three hundred of them, or the catalogue's ten thousand under --slow.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, latency
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

EACH = 10
CROWD, LARGE_CROWD = 300, 10_000
CASE = Case(
    id="SEC-015",
    title="many Services of one tenant starve nobody else's",
    lab="l2",
    elsewhere=("bgp",),
    features=("security", "namespaces"),
    source="Kubernetes, multi-tenancy (fairness); catalogue SEC-015",
    checks=(
        ipam.assigned(ASSIGN_S, only=tuple(f"{name}-{n}" for name in ("alone", "beside") for n in range(EACH))),
        latency.fair("alone", "beside", factor=3.0, floor_s=1.0, crowd=CROWD),
    ),
    timeout_s=900,
)


def test_sec_015_starves_nobody(world: World) -> None:
    """Create Services with nobody beside, and again while another namespace creates many that no pool is for."""
    other, count = f"{world.namespace}-other", int(world.long(CROWD, LARGE_CROWD))
    world.namespaces.open(other)
    world.apply("IPAddressPool")
    for number in range(EACH):
        world.apply("Service", index=f"alone-{number}")
    world.addresses(EACH)
    with world.namespaces.crowded(other, count, writers=8):
        for number in range(EACH):
            world.hold("the crowd", 0.2)
            world.apply("Service", index=f"beside-{number}")
    world.hold("those beside", ASSIGN_S + 1)
