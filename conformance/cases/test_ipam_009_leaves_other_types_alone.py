"""IPAM-009: ClusterIP, NodePort, headless and ExternalName Services never get an address.

The catalogue's 30 s of waiting are PENDING_S here, once for all of them.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, pending
from conformance.suite.waits import ASSIGN_S, PENDING_S
from conformance.suite.world import World

OTHERS = ("cluster-ip", "headless", "node-port", "external-name")
CASE = Case(
    id="IPAM-009",
    title="Services that are no LoadBalancer get no address",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation",),
    source="Kubernetes API, Service spec.type; https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
    checks=(
        pending.never_given(*OTHERS, for_s=PENDING_S),
        ipam.assigned(ASSIGN_S, only=("web",)),
        ipam.in_pool(),
    ),
)


def test_ipam_009_leaves_other_types_alone(world: World) -> None:
    """Create one Service of each other type, and a LoadBalancer as the control."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services(*OTHERS, "web")
    world.address()
    world.hold("the other types", PENDING_S + 1)
