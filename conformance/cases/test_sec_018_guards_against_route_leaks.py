"""SEC-018: pools of everything, of the nodes, of pods or of Services are refused, and no address is given from them.

Shell: the world's.
"""

from ipaddress import ip_network

from conformance.suite.case import Case
from conformance.suite.checks import pools
from conformance.suite.waits import HOLD_S
from conformance.suite.world import World

KINDS = ("everything", "nodes", "pods", "services")
CASE = Case(
    id="SEC-018",
    title="a pool that holds other people's addresses is refused, and serves nobody",
    lab="l2",
    elsewhere=("bgp",),
    features=("security",),
    source="RFC 7454 section 6.1 (prefixes that must not be advertised); catalogue SEC-018",
    checks=(pools.guarded(*(f"sec-018-{kind}" for kind in KINDS), for_s=HOLD_S),),
)


def test_sec_018_guards_against_route_leaks(world: World) -> None:
    """Offer one such pool after the other, each with a Service that nothing else could serve."""
    networks = {"everything": ip_network("0.0.0.0/0"), **world.cluster.networks()}
    for kind in KINDS:
        for pool in world.objects("IPAddressPool", part=kind, entry=str(networks[kind])):
            world.offer(pool)
        world.apply("Service", part=kind, entry="")
        world.hold(f"a Service for {networks[kind]}", HOLD_S + 1)
        world.look("IPAddressPool")
        world.events()
        world.delete("Service", f"sec-018-{kind}")
        world.delete("IPAddressPool", f"sec-018-{kind}")
