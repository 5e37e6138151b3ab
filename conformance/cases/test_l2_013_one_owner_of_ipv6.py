"""L2-013: all advertisements of an IPv6 address carry one MAC, that of one eligible node.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import l2, stacks
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

QUESTIONS = 50
CASE = Case(
    id="L2-013",
    title="exactly one eligible node answers for an IPv6 address",
    lab="l2",
    features=("layer2", "ndp", "ipv6"),
    backend="echo",
    source="RFC 4861 section 7.2.4; RFC 4862 section 5.4 (an address has one owner); catalogue L2-013",
    checks=(stacks.one_of_each("web", 6, within_s=ASSIGN_S), l2.one_owner(at_least=QUESTIONS)),
)


def test_l2_013_one_owner_of_ipv6(world: World) -> None:
    """Ask the solicited-node group 50 times over ten seconds and hear who answers."""
    world.wire.capture()
    world.apply()
    (address,) = world.families("web", 6)
    world.hold("the first owner", ANNOUNCE_S)
    world.wire.ask(address, every_s=0.2, times=QUESTIONS)
