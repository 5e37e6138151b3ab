"""L2-001: a who-has for a Service's address is answered soon after the status shows it.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, l2
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, patience
from conformance.suite.world import World

CASE = Case(
    id="L2-001",
    title="somebody answers for the address",
    lab="l2",
    features=("layer2",),
    backend="echo",
    source="RFC 826, packet reception; https://metallb.io/concepts/layer2/",
    checks=(ipam.assigned(ASSIGN_S), l2.answered(ANNOUNCE_S)),
)


def test_l2_001_somebody_answers(world: World) -> None:
    """Ask for the only address of the pool from before the Service exists."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.wire.keep_asking(world.pool_address(11), every_s=0.1, for_s=60)
    world.apply("Service")
    world.address()
    world.until(l2.answered(ANNOUNCE_S), ANNOUNCE_S)
    world.hold("the questions after the limit", patience(0))
