"""IPAM-016: a living Service that asks for another address gets it, and its old one is withdrawn.

If the other address is held, its own is kept or released as its maker documents, and never a third one is shown.

Shell: the world's.
"""

from conformance.suite import neighbor
from conformance.suite.case import Case
from conformance.suite.checks import change, choice, handover, ipam, pending
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, HOLD_S, WITHDRAW_S, patience
from conformance.suite.world import World

CASE = Case(
    id="IPAM-016",
    title="a Service that asks for another address moves there, or is told why not",
    lab="l2",
    features=("allocation", "static-ip"),
    backend="echo",
    source="MetalLB, annotation loadBalancerIPs: https://metallb.io/usage/#requesting-specific-ips; catalogue IPAM-016",
    checks=(
        ipam.assigned(ASSIGN_S, at_least=2),
        change.moved(ASSIGN_S, gap_s=5),
        change.unavailable(HOLD_S),
        pending.explained("web"),
        handover.falls_silent(WITHDRAW_S),
        choice.kept("holder"),
        ipam.unique(),
        ipam.in_pool(),
    ),
)
ASKED = "metallb.io/loadBalancerIPs"


def test_ipam_016_moves_to_another_address(world: World) -> None:
    """Ask for one address, then for another that is free, then for one that another Service holds."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("holder", "web")
    held, old = world.addresses(2)
    new = world.pool_address(2)
    world.wire.keep_asking(old, new, every_s=0.1)
    world.wait("an answer", lambda h: neighbor.replies(h, old) or None, patience(ANNOUNCE_S))
    world.patch("web", metadata={"annotations": {ASKED: str(new)}})
    world.until(change.moved(ASSIGN_S, gap_s=5), ASSIGN_S)
    world.hold("the old address", WITHDRAW_S + 1)
    world.patch("web", metadata={"annotations": {ASKED: str(held)}})
    world.hold("the Service that asks for a held address", max(HOLD_S, WITHDRAW_S) + 1)
    world.events()
