"""SEC-016: with the load balancer's controller away, Services are created, changed and deleted as ever.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import rights
from conformance.suite.world import World

CASE = Case(
    id="SEC-016",
    title="no write to a Service waits for the load balancer, or is refused for want of it",
    lab="l2",
    elsewhere=("bgp",),
    features=("security",),
    source="Kubernetes, dynamic admission control, failurePolicy; catalogue SEC-016",
    checks=(rights.unhindered(at_least=7, within_s=2.0),),
    timeout_s=240,
)


def test_sec_016_hinders_nobody_while_away(world: World) -> None:
    """Take the controller away, write Services of two types and a pool, and let it come back."""
    world.apply("IPAddressPool")
    world.audit.webhooks()
    world.faults.stop("controller")
    for service in world.objects("Service"):
        world.offer(service)
        world.offer({**service, "spec": {"sessionAffinity": "ClientIP"}}, "patch")
        world.offer({**service, "metadata": {**service["metadata"], "labels": {"changed": "yes"}}}, "patch")
    world.delete("Service", "internal")
    for pool in world.objects("IPAddressPool"):
        world.offer({**pool, "spec": {**pool["spec"], "autoAssign": False}})
    world.faults.start("controller")
