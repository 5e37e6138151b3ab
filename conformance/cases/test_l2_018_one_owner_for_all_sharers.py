"""L2-018: an address that three Services share has one owner.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam, l2
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

QUESTIONS = 50
SHARERS = ("first", "second", "third")
CASE = Case(
    id="L2-018",
    title="exactly one node answers for an address that three Services share",
    lab="l2",
    features=("layer2", "share", "static-ip"),
    backend="echo",
    source="MetalLB, annotation allow-shared-ip: https://metallb.io/usage/#ip-address-sharing; RFC 5227 section 2.4",
    checks=(ipam.assigned(ASSIGN_S, at_least=3), choice.together(*SHARERS), l2.one_owner(at_least=QUESTIONS)),
)


def test_l2_018_one_owner_for_all_sharers(world: World) -> None:
    """Broadcast 50 questions for the address that three Services have."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.services(*SHARERS)
    address, *_ = world.addresses(3)
    world.hold("the first owner", ANNOUNCE_S)
    world.wire.ask(address, every_s=0.1, times=QUESTIONS)
