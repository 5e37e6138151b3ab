"""IPAM-026: when one of two Services on one address is deleted, no request to the other fails.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, handover, ipam, l2, reach
from conformance.suite.waits import ASSIGN_S, HOLD_S, KUBE_PROXY_S
from conformance.suite.world import World

RATE = 20
CASE = Case(
    id="IPAM-026",
    title="deleting one of two Services on one address disturbs no request to the other",
    lab="l2",
    features=("allocation", "share", "static-ip"),
    backend="echo",
    source="MetalLB, annotation allow-shared-ip: https://metallb.io/usage/#ip-address-sharing; catalogue IPAM-026",
    checks=(
        ipam.assigned(ASSIGN_S, only=("leaving", "staying")),
        choice.together("leaving", "staying"),
        reach.uninterrupted("staying", during="leaving", at_least=int(0.9 * RATE * HOLD_S)),
        choice.kept("staying"),
        handover.keeps_answering(at_least=50),
        l2.one_owner(at_least=50),
    ),
)


def test_ipam_026_keeps_the_other_sharer(world: World) -> None:
    """Ask one of two Services 20 times a second, and who has its address, while the other one is deleted."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("leaving", "staying")
    address, _ = world.addresses(2)
    world.hold("the way to the pods", KUBE_PROXY_S)
    world.wire.keep_asking(address, every_s=0.1)
    world.traffic.keep_requesting("staying", address, port=443, every_s=1 / RATE, client="near")
    world.hold("both Services", 2)
    world.delete("Service", "leaving")
    world.hold("the Service that stays", HOLD_S)
