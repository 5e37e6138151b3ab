"""SEC-003: an address that somebody wrote into a Service's status is neither taken from its owner nor announced.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam, reach, tenants
from conformance.suite.facts import unused
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, HOLD_S
from conformance.suite.world import World

CASE = Case(
    id="SEC-003",
    title="a forged status gives no address, and takes none",
    lab="l2",
    features=("security",),
    backend="echo",
    source="CVE-2020-8554 (a tenant that may patch status.loadBalancer.ingress); catalogue SEC-003",
    checks=(
        ipam.assigned(ASSIGN_S, only=("victim", "forger")),
        tenants.unclaimed("a forged status", at_least=3),
        tenants.corrected(ASSIGN_S),
        choice.kept("victim"),
        reach.served("victim", within_s=ANNOUNCE_S + 3.0, at_least=50),
    ),
)


def test_sec_003_heeds_no_forged_status(world: World) -> None:
    """Write three addresses into two Services' status: nobody's, the victim's, and a free one for another's class."""
    outside, free = unused(world.lab, "near", 1)[0], world.pool_address(3)
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("victim")
    victim = world.address()
    world.traffic.keep_requesting("victim", victim)
    world.services("forger", "stranger")
    world.addresses(2)
    world.wire.keep_asking(victim, outside, free, world.pool_address(8), every_s=0.05)
    world.hold("the first owners", ANNOUNCE_S)
    world.cluster.forge_status("stranger", free)
    world.cluster.forge_status("forger", outside)
    world.hold("an address of nobody's", HOLD_S)
    world.cluster.forge_status("stranger", world.pool_address(8))
    world.cluster.forge_status("forger", victim)
    world.hold("the victim's address", HOLD_S + 1)
