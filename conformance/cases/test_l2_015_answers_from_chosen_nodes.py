"""L2-015: the owner is a node that the advertisement selects, and moves when the label does.

Shell: the world's.
"""

from conformance.suite import neighbor
from conformance.suite.case import Case
from conformance.suite.checks import ipam, owners
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, patience
from conformance.suite.world import World

LABEL = "lbkit-conf/announces"
MOVED_S = 5.0
CASE = Case(
    id="L2-015",
    title="the owner is among the nodes that nodeSelectors name, and follows a label within 5 s",
    lab="l2",
    features=("layer2", "node-select"),
    backend="echo",
    source="MetalLB, L2Advertisement spec.nodeSelectors; catalogue L2-015",
    checks=(ipam.assigned(ASSIGN_S), owners.follows_label(LABEL, within_s=MOVED_S)),
)


def test_l2_015_answers_from_chosen_nodes(world: World) -> None:
    """Select one node, then another one."""
    first, second = world.lab.eligible[:2]
    world.cluster.label(first, LABEL, "yes")
    world.wire.capture()
    world.apply()
    address = world.address()
    world.wire.keep_asking(address, every_s=0.1)
    world.wait("the owner", lambda history: neighbor.claims(history, address) or None, patience(ANNOUNCE_S))
    world.hold("the first owner", MOVED_S + 1)
    world.cluster.label(second, LABEL, "yes")
    world.cluster.label(first, LABEL, None)
    world.hold("the second owner", MOVED_S + 2)
