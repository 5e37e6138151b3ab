"""IPAM-006: a released address falls silent and goes to the next; never has it two owners, in status or on the wire.

Each Service has its only pod on another node, and with externalTrafficPolicy Local its owner is there: so the owners
can be told apart on the wire.

Shell: the world's.
"""

from conformance.suite import neighbor
from conformance.suite.case import Case
from conformance.suite.checks import handover, ipam, l2, pending
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, HOLD_S, WITHDRAW_S, patience
from conformance.suite.world import World

WAIT_S = 1.0
CASE = Case(
    id="IPAM-006",
    title="a released address falls silent, is assigned again, and never has two owners",
    lab="l2",
    features=("allocation",),
    source="Kubernetes API, Service deletion; RFC 5227 section 2.4 (two hosts on one address); catalogue IPAM-006",
    checks=(
        ipam.assigned(ASSIGN_S, only=("first", "third")),
        pending.recovered(WITHDRAW_S + ASSIGN_S, waited_s=WAIT_S),
        ipam.unique(at_least=3),
        ipam.reused(),
        l2.handed_over(),
        handover.passed_on(owners=3),
    ),
    timeout_s=180,
)


def test_ipam_006_releases_and_reuses(world: World) -> None:
    """Give the only address to one Service, let a second inherit it, delete that too, listen, give it to a third."""
    for node in world.lab.eligible:
        world.apply("Pod", node=node)
    world.pods_ready(len(world.lab.eligible))
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    one, two, three = world.lab.eligible[:3]
    world.apply("Service", name="first", node=one)
    address = world.address()
    world.wire.keep_asking(address, every_s=0.02, for_s=60)
    world.wait("an answer", lambda h: neighbor.replies(h, address) or None, patience(ANNOUNCE_S))
    world.apply("Service", name="second", node=two)
    world.hold("the waiting Service", WAIT_S + 0.5)
    world.delete("Service", "first")
    world.addresses(2, limit_s=WITHDRAW_S + ASSIGN_S)
    world.hold("the second owner", ANNOUNCE_S)
    world.delete("Service", "second")
    world.hold("the withdrawal", WITHDRAW_S)
    world.mark("silence-from")
    world.hold("silence", HOLD_S)
    world.mark("silence-until")
    world.apply("Service", name="third", node=three)
    world.addresses(3)
    world.hold("the third owner", ANNOUNCE_S)
