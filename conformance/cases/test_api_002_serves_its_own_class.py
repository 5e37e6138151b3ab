"""API-002: a load balancer that was given a class serves Services of that class, and leaves class-less ones alone.

The class is given as the target's manual says (for MetalLB's kind: `--lb-class` on controller and speaker) and taken
away again after the case. So the half of API-003 that asks for a target which is not the default is judged here.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import api, ipam, l2
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, PENDING_S
from conformance.suite.world import World

CLASS = "conformance.lbkit.io/own"
CASE = Case(
    id="API-002",
    title="a Service of the load balancer's own class is assigned and announced",
    lab="l2",
    features=("api",),
    backend="echo",
    source="KEP-1959: a load balancer with a class serves the Services that name it, and no others",
    checks=(
        ipam.assigned(ASSIGN_S, only=("own",)),
        l2.answered(ANNOUNCE_S),
        l2.one_owner(at_least=10),
        api.untouched("class-less", PENDING_S),
    ),
    timeout_s=600,
)


def test_api_002_serves_its_own_class(world: World) -> None:
    """Give the target a class, create one Service of that class and one without, and ask who has the address."""
    world.wire.capture()
    world.cluster.serve_class(CLASS)
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("own", "class-less", **{"class": CLASS})
    world.wire.ask(world.address(), every_s=0.1, times=30)
    world.hold("the class-less Service", PENDING_S)
    world.events()
