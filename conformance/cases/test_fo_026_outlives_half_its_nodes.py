"""FO-026: when half of the nodes are lost, rounded down, the others answer for all addresses in time.

Of the lab's three nodes that is one; it is the one that owns most of sixteen addresses.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import failover
from conformance.suite.deeds import DEEDS
from conformance.suite.staging import befall, staged
from conformance.suite.world import World

SERVICES = 8
CASE = Case(
    id="FO-026",
    title="after the loss of half of the nodes the others answer for every address in the declared time",
    lab="l2",
    features=("failover", "l2-failover"),
    backend="kept",
    source="catalogue FO-026",
    checks=(
        failover.taken_over(within_s=failover.DECLARED),
        failover.outage(within_s=failover.DECLARED),
        failover.one_at_a_time(),
    ),
    timeout_s=240,
)


def test_fo_026_outlives_half_its_nodes(world: World) -> None:
    """Pull all cables of the node that owns most addresses, and ask for all of them before and after."""
    scene = staged(world, SERVICES)
    owner = scene.pick(but=world.cluster.control_planes())
    scene.watch(of=owner)
    befall(DEEDS["links-lost"], world, scene, owner)
    scene.owners()
