"""L2-005: nobody answers for addresses that no Service holds, in the pool or out of it.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, l2
from conformance.suite.facts import unused
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, patience
from conformance.suite.world import World

EACH = 20
CASE = Case(
    id="L2-005",
    title="who-has for free pool addresses and for foreign addresses stays unanswered",
    lab="l2",
    features=("layer2",),
    backend="echo",
    source="RFC 826: only the owner of the target protocol address replies",
    checks=(ipam.assigned(ASSIGN_S), l2.silent_for_others(at_least=2 * EACH)),
)


def test_l2_005_silent_for_others(world: World) -> None:
    """Ask for one held, 20 free and 20 foreign addresses, twice."""
    world.wire.capture()
    world.apply()
    held = world.address()
    pool = [world.pool_address(number) for number in range(20, 42)]
    free = [address for address in pool if address != held][:EACH]
    foreign = unused(world.lab, "near", EACH)
    world.wire.ask(held, every_s=0.2, times=int(patience(ANNOUNCE_S) / 0.2))
    world.wire.ask(held, *free, *foreign, every_s=0.05, times=2)
    world.hold("late answers", 1)
