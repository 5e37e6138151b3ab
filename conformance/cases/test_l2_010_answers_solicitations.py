"""L2-010: a Neighbor Solicitation of the address's group is answered by a correct advertisement, to the asker.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ndp
from conformance.suite.waits import ANNOUNCE_S
from conformance.suite.world import World

QUESTIONS = 25
CASE = Case(
    id="L2-010",
    title="solicitations are answered: solicited, overriding, with the target link-layer address",
    lab="l2",
    features=("layer2", "ndp", "ipv6"),
    backend="echo",
    source="RFC 4861 section 7.2.4 (solicited advertisements) and section 7.2.1 (the group is joined)",
    checks=(ndp.solicited(at_least=QUESTIONS),),
)


def test_l2_010_answers_solicitations(world: World) -> None:
    """Ask the solicited-node group 25 times and look at each advertisement."""
    world.wire.capture()
    world.apply()
    (address,) = world.families("web", 6)
    world.hold("the first owner", ANNOUNCE_S)
    world.wire.ask(address, every_s=0.1, times=QUESTIONS)
