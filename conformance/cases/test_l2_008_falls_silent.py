"""L2-008: from five seconds after the deletion of a Service on nobody answers for its address, and no node bears it.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, withdrawn
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, WITHDRAW_S
from conformance.suite.world import World

SILENT_S = 30.0
CASE = Case(
    id="L2-008",
    title="a deleted Service's address falls silent and stays so, and is on no node",
    lab="l2",
    features=("layer2",),
    backend="echo",
    source="RFC 826: only the owner of the target protocol address replies; catalogue L2-008",
    checks=(
        ipam.assigned(ASSIGN_S, at_least=3),
        withdrawn.silent(WITHDRAW_S, SILENT_S),
        withdrawn.on_no_node(WITHDRAW_S),
    ),
)


def test_l2_008_falls_silent(world: World) -> None:
    """Delete two of three Services, and go on asking for the addresses of all."""
    for_s = WITHDRAW_S + SILENT_S + 1
    world.wire.capture()
    world.apply()
    addresses = world.addresses(3)
    world.wire.keep_asking(*addresses, every_s=0.1, for_s=for_s + 2 * ANNOUNCE_S + 5)
    world.hold("the owners", 2 * ANNOUNCE_S)
    world.delete("Service", "cluster")
    world.delete("Service", "local")
    world.hold("late answers", WITHDRAW_S)
    world.cluster.look_at_nodes()
    world.hold("that nobody answers", SILENT_S + 1)
