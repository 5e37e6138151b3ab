"""L2-023: an owner with two interfaces on one segment answers with one MAC (no "ARP flux").

Shell: the world's.
"""

from conformance.suite import neighbor
from conformance.suite.case import Case
from conformance.suite.checks import ipam, l2, segments
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, patience
from conformance.suite.world import World

QUESTIONS = 50
NOTICED_S = 12.0
"""MetalLB looks for interfaces every 10 s."""
CASE = Case(
    id="L2-023",
    title="an owner with two interfaces on the segment answers with one MAC",
    lab="l2",
    features=("layer2",),
    backend="echo",
    source="RFC 5227 section 2.4: two MACs for one address are a conflict; Linux ip-sysctl, arp_filter (ARP flux)",
    checks=(ipam.assigned(ASSIGN_S), l2.one_owner(at_least=QUESTIONS), segments.during("second-interface", QUESTIONS)),
)


def test_l2_023_answers_once_from_two_interfaces(world: World) -> None:
    """Give the owner a second interface on the segment, and ask."""
    world.wire.capture()
    world.apply()
    address = world.address()
    world.wire.keep_asking(address, every_s=0.2, for_s=30)
    owner = world.wait("the owner", lambda history: neighbor.owner(history, address), patience(ANNOUNCE_S))
    world.segment.double(owner or world.lab.eligible[0])
    world.hold("the second interface", NOTICED_S)
