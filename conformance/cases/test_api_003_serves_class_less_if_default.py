"""API-003: a Service without a class is served by the default load balancer, and by no other.

Judged by what the target declares of its deployment in the lab; API-002 deploys it the other way.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import api, ipam
from conformance.suite.waits import ASSIGN_S, PENDING_S
from conformance.suite.world import World

CASE = Case(
    id="API-003",
    title="a class-less Service is served if and only if the load balancer is the default",
    lab="l2",
    elsewhere=("bgp",),
    features=("api",),
    source="KEP-1959: Services without a loadBalancerClass belong to the cluster's default load balancer",
    checks=(api.class_less("web", ASSIGN_S, PENDING_S), ipam.in_pool()),
)


def test_api_003_serves_class_less_if_default(world: World) -> None:
    """Create a Service without a class and watch it."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("web")
    world.hold("the Service", PENDING_S)
    world.events()
