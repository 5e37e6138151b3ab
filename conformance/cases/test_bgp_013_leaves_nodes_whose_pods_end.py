"""BGP-013: a node whose pods end is left out while others have ready ones; the last that serve stay until they end.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import draining, ipam
from conformance.suite.checks.bgp_follow import WANTED, follows
from conformance.suite.checks.draining import DRAINING, LAST
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

FOLLOW_S = 5.0
CASE = Case(
    id="BGP-013",
    title="pods that end: their node is left out while others are ready, and the last that serve stay",
    lab="bgp",
    features=("bgp",),
    source="KEP-1669 (proxy terminating endpoints); catalogue BGP-013",
    checks=(ipam.assigned(ASSIGN_S), draining.drained(FOLLOW_S), follows(FOLLOW_S, changes=2)),
    timeout_s=240,
)


def test_bgp_013_leaves_nodes_whose_pods_end(world: World) -> None:
    """Run a pod on each of two nodes, that goes on serving for 20 s when it is ended; end one, then the other."""
    first, second = world.lab.eligible[:2]
    world.peers()
    world.apply("IPAddressPool", "BGPAdvertisement")
    for node in (first, second):
        world.apply("Pod", node=node)
    world.pods_ready(2)
    world.routers.follow(world.lab.peering_routers(), "bgp_rib")
    world.apply("Service")
    world.address()
    world.mark(f"{WANTED}{first},{second}")
    world.hold("both nodes", FOLLOW_S + 1)
    for word, node in ((DRAINING, second), (LAST, first)):
        world.mark(word + node)
        world.delete("Pod", f"on-{node}")
        world.hold(f"the routers while {node}'s pod serves on", FOLLOW_S + 1)
        world.cluster.note_pods()
        world.mark("seen")
    world.cluster.pods_gone()
    world.mark(WANTED)
    world.hold("that nobody advertises it", FOLLOW_S + 1)
