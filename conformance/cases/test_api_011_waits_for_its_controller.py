"""API-011: a Service deleted while the controller is away waits for it, is cleaned up and goes when it is back.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import finalizer, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, HOLD_S, WITHDRAW_S
from conformance.suite.world import World

GONE_S = WITHDRAW_S + 5
CASE = Case(
    id="API-011",
    title="a Service deleted without a controller is cleaned up when it is back",
    lab="l2",
    features=("api", "finalizer"),
    backend="echo",
    source="KEP-980: the finalizer is removed only after the clean-up; catalogue API-011",
    checks=(
        ipam.assigned(ASSIGN_S),
        finalizer.waits_for_the_controller("web", GONE_S, HOLD_S),
        finalizer.protected(),
    ),
    timeout_s=300,
)


def test_api_011_waits_for_its_controller(world: World) -> None:
    """Take the controller away, delete the Service, wait, and bring the controller back."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("web")
    world.wire.keep_asking(world.address(), every_s=0.1, for_s=250)
    world.hold("the announcement", ANNOUNCE_S + 1)
    world.faults.stop("controller")
    world.delete("Service", "web")
    world.hold("a Service that must wait", HOLD_S + 1)
    world.faults.start("controller")
    world.until(finalizer.waits_for_the_controller("web", GONE_S, HOLD_S), GONE_S)
    world.hold("late answers", HOLD_S)
