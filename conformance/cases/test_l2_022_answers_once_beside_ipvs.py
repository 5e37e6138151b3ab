"""L2-022: where every node holds the address, as with kube-proxy in IPVS mode and strict ARP, one node answers for it.

The device is a bridge without ports: not every kernel has IPVS or dummy devices, and it holds an address as well.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, l2, segments
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

QUESTIONS = 50
CASE = Case(
    id="L2-022",
    title="exactly one node answers, though every node has the address on kube-ipvs0",
    lab="l2",
    features=("layer2",),
    backend="echo",
    source="Kubernetes, kube-proxy --ipvs-strict-arp; MetalLB, installation, preparation",
    checks=(ipam.assigned(ASSIGN_S), l2.one_owner(at_least=QUESTIONS), segments.during("address-held", QUESTIONS)),
)


def test_l2_022_answers_once_beside_ipvs(world: World) -> None:
    """Put the address on every node, and ask for it."""
    world.wire.capture()
    world.apply()
    address = world.address()
    world.segment.hold(str(address), "kube-ipvs0")
    world.hold("the first owner", ANNOUNCE_S)
    world.wire.ask(address, every_s=0.1, times=QUESTIONS + 5)
