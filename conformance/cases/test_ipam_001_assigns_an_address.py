"""IPAM-001: a Service of type LoadBalancer gets an address while a pool has one free.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="IPAM-001",
    title="a Service of type LoadBalancer gets an address",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation",),
    source="Kubernetes API, Service status.loadBalancer.ingress; https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer",
    checks=(ipam.assigned(ASSIGN_S), ipam.in_pool()),
)


def test_ipam_001_assigns_an_address(world: World) -> None:
    """Create one Service beside one pool and watch its status."""
    world.apply()
    world.address()
