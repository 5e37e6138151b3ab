"""IPAM-006: the address of a deleted Service falls silent, can be used again, and is never on two at once.

Shell: the world's.
"""

from conformance.suite import seen
from conformance.suite.case import Case
from conformance.suite.checks import ipam, l2
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, HOLD_S, WITHDRAW_S, patience
from conformance.suite.world import World

CASE = Case(
    id="IPAM-006",
    title="a released address falls silent and is assigned again",
    lab="l2",
    features=("allocation",),
    source="Kubernetes API, Service deletion; RFC 5227 section 2.4 (two hosts on one address); catalogue IPAM-006",
    checks=(ipam.assigned(ASSIGN_S, at_least=2), ipam.unique(), ipam.reused(), l2.handed_over()),
)


def test_ipam_006_releases_and_reuses(world: World) -> None:
    """Give the only address to one Service, delete it, listen, and give it to another."""
    world.backend()
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.apply("Service", name="first")
    address = world.address()
    world.wire.keep_asking(address, every_s=0.2, for_s=120)
    world.wait("an answer", lambda h: seen.replies(h, address) or None, patience(ANNOUNCE_S))
    world.delete("Service", "first")
    world.hold("the withdrawal", WITHDRAW_S)
    world.mark("silence-from")
    world.hold("silence", HOLD_S)
    world.mark("silence-until")
    world.apply("Service", name="second")
    world.addresses(2)
    world.hold("the new owner", ANNOUNCE_S)
