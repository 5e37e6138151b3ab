"""L2-004: replies are what RFC 826 asks for, sent to the asker alone, and quick.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, l2
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="L2-004",
    title="replies are correct, unicast to the asker, and within 100 ms",
    lab="l2",
    features=("layer2",),
    backend="echo",
    source="RFC 826, packet reception: swap the fields, send the reply to the (new) target hardware address",
    checks=(ipam.assigned(ASSIGN_S), l2.well_formed(), l2.fast()),
)


def test_l2_004_replies_are_correct(world: World) -> None:
    """Broadcast 100 questions over ten seconds and look at each reply."""
    world.wire.capture()
    world.apply()
    address = world.address()
    world.hold("the first owner", ANNOUNCE_S)
    world.wire.ask(address, every_s=0.1, times=100)
