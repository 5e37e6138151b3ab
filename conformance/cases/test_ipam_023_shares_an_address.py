"""IPAM-023: two Services with one sharing key and different ports have one address, and both are reachable on it.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam, reach
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S
from conformance.suite.world import World

NAMES = ("web", "metrics")
CASE = Case(
    id="IPAM-023",
    title="two Services with one sharing key have one address, and both are reachable",
    lab="l2",
    features=("allocation", "share"),
    backend="echo",
    source="MetalLB, annotation allow-shared-ip: https://metallb.io/usage/#ip-address-sharing; catalogue IPAM-023",
    checks=(
        ipam.assigned(ASSIGN_S, only=NAMES),
        choice.together(*NAMES),
        ipam.in_pool(),
        reach.served(*NAMES, within_s=ANNOUNCE_S + KUBE_PROXY_S, at_least=20),
    ),
)


def test_ipam_023_shares_an_address(world: World) -> None:
    """Create two Services that may share, and ask both for their pods' names."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services(*NAMES)
    metrics, web = world.addresses(2)
    world.hold("the way to the pods", KUBE_PROXY_S)
    world.traffic.keep_requesting("web", web, port=80)
    world.traffic.keep_requesting("metrics", metrics, port=9090)
    world.hold("both Services", 2)
