"""IPAM-029: another host of the segment already has an address of the pool: it is skipped or flagged, where claimed.

Where `conflict-detect` is not claimed the case only reports what happens; that the Services are served is core.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import foreign, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, HOLD_S
from conformance.suite.world import World

CASE = Case(
    id="IPAM-029",
    title="an address that a stranger on the segment has is skipped or flagged",
    lab="l2",
    features=("allocation",),
    backend="echo",
    source="RFC 5227 section 2.1 (probe before use) and 2.4 (conflict); catalogue IPAM-029",
    checks=(
        foreign.occupied(),
        ipam.assigned(ASSIGN_S, at_least=2),
        ipam.unique(),
        ipam.in_pool(),
    ),
)


def test_ipam_029_meets_a_stranger(world: World) -> None:
    """Let a client have the pool's first address, create two Services, and ask who has it, before and after."""
    world.wire.capture()
    taken = world.pool_address(0)
    world.wire.occupy(taken)
    world.wire.ask(taken, every_s=0.1, times=3, client="gw")
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("first", "second")
    world.addresses(2)
    world.hold("the announcement", ANNOUNCE_S)
    world.wire.ask(taken, every_s=0.1, times=10, client="gw")
    world.hold("the Services", HOLD_S)
    world.events()
