"""L2-002: all answers for an address carry one MAC, that of one eligible node.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, l2
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

QUESTIONS = 50
CASE = Case(
    id="L2-002",
    title="exactly one eligible node answers for the address",
    lab="l2",
    features=("layer2",),
    backend="echo",
    source="RFC 5227 section 2.4: two hosts that answer for one address are a conflict",
    checks=(ipam.assigned(ASSIGN_S), l2.one_owner(at_least=QUESTIONS)),
)


def test_l2_002_exactly_one_owner(world: World) -> None:
    """Broadcast 50 questions over ten seconds and hear who answers."""
    world.wire.capture()
    world.apply()
    address = world.address()
    world.hold("the first owner", ANNOUNCE_S)
    world.wire.ask(address, every_s=0.2, times=QUESTIONS)
