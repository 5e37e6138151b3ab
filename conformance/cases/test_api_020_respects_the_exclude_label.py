"""API-020: a node with the exclude label carries no load-balancer traffic, whatever the label's value.

First the owner of an address is excluded ("false"), then it is back and all others are excluded (""), so that only it
can announce the address.

Shell: the world's.
"""

from conformance.suite import neighbor
from conformance.suite.case import Case
from conformance.suite.checks import eligible, ipam
from conformance.suite.checks.eligible import EXCLUDED
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, HOLD_S, WITHDRAW_S, patience
from conformance.suite.world import World

CASE = Case(
    id="API-020",
    title="nodes with the exclude label do not announce, and may again without it",
    lab="l2",
    features=("api",),
    backend="echo",
    source="Kubernetes well-known labels: node.kubernetes.io/exclude-from-external-load-balancers",
    checks=(ipam.assigned(ASSIGN_S), eligible.excluded_is_silent(WITHDRAW_S, HOLD_S - 1)),
)


def test_api_020_respects_the_exclude_label(world: World) -> None:
    """Ask for one address all the time, and exclude first its owner, then everybody else."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("web")
    address = world.address()
    world.wire.keep_asking(address, every_s=0.1, for_s=100)
    read = world.recorder.need
    owner = read("an owner", lambda history: neighbor.owner(history, address), patience(ANNOUNCE_S))
    world.cluster.label(owner, EXCLUDED, "false")
    world.hold(f"{address} without {owner}", WITHDRAW_S + HOLD_S)
    world.cluster.label(owner, EXCLUDED, None)
    for node in world.lab.eligible:
        if node != owner:
            world.cluster.label(node, EXCLUDED, "")
    world.hold(f"{address} with {owner} only", WITHDRAW_S + HOLD_S)
