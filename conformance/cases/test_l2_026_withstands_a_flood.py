"""L2-026: thousands of questions a second for one address keep nobody else from being answered.

Ten seconds, or thirty under --slow. The flood has a MAC of its own, by which the capture leaves it out.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, l2, segments
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

PER_S = 5000
CASE = Case(
    id="L2-026",
    title="under 5,000 questions a second other questions are answered, and memory stays",
    lab="l2",
    features=("layer2",),
    backend="echo",
    source="RFC 826; catalogue L2-026",
    checks=(
        ipam.assigned(ASSIGN_S, at_least=2),
        segments.withstands(PER_S, ratio=0.99, growth_mib=50),
        l2.one_owner(at_least=50),
    ),
)


def test_l2_026_withstands_a_flood(world: World) -> None:
    """Flood one of two addresses, and ask for both ten times a second."""
    for_s = world.long(10, 30)
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(2, writers=2)
    addresses = world.addresses(2)
    world.hold("the first owners", ANNOUNCE_S)
    world.faults.use("speaker", "before")
    world.wire.flood(addresses[0], PER_S, for_s)
    world.wire.keep_asking(*addresses, every_s=0.05, for_s=for_s)
    world.hold("the flood", for_s + 1)
    world.wire.hush()
    world.faults.use("speaker", "after")
