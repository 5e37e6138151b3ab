"""L2-009: while nothing happens, addresses keep their owners, and nobody talks about them all the time.

Watched for half a minute, or under --slow for ten minutes.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, l2, owners
from conformance.suite.waits import ASSIGN_S, HOLD_S
from conformance.suite.world import World

SHORT_S, LONG_S = 30.0, 600.0
CASE = Case(
    id="L2-009",
    title="owners stay as they are, and tell of their addresses no more than once a second",
    lab="l2",
    features=("layer2",),
    backend="echo",
    source="RFC 5227 section 2.3 (announcements are few); catalogue L2-009",
    checks=(ipam.assigned(ASSIGN_S, at_least=3), l2.one_owner(at_least=10), owners.steady(at_least_s=SHORT_S)),
    timeout_s=LONG_S + 120,
)


def test_l2_009_owners_stay(world: World) -> None:
    """Let three addresses be, and ask for them now and then."""
    for_s = world.long(SHORT_S, LONG_S) + 1
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(3, writers=3)
    addresses = world.addresses(3)
    world.hold("the first announcements", HOLD_S)
    world.mark("idle")
    world.wire.keep_asking(*addresses, every_s=0.5, for_s=for_s)
    world.hold("that nothing happens", for_s)
