"""API-023: Services and pools of a newer schema, with huge annotations or with the longest names are served.

The API server allows 256 KiB of annotations on an object, so that is as large as they get. A name that begins with a
digit (KEP-5311) is offered, and counts where the API server takes it.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, l2, reasons
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

BLOB = "x" * (250 * 1024)
LONG = "a" * 63
CASE = Case(
    id="API-023",
    title="unknown fields, huge annotations and the longest names are handled",
    lab="l2",
    features=("api",),
    backend="echo",
    source="Kubernetes API: TotalAnnotationSizeLimitB 256 KiB, RFC 1035 labels of 63 characters; KEP-5311",
    checks=(
        ipam.assigned(ASSIGN_S, at_least=3),
        ipam.in_pool(),
        l2.answered(ANNOUNCE_S),
        reasons.unharmed(),
    ),
)


def test_api_023_takes_odd_services(world: World) -> None:
    """Create a pool and Services that are odd, each in its way, and ask for their addresses."""
    world.cluster.restarts()
    world.wire.capture()
    for obj in world.objects("IPAddressPool", "L2Advertisement"):
        world.write("create", obj)
    world.wire.keep_asking(*map(world.pool_address, range(4)), every_s=0.05, for_s=100)
    for obj in world.objects("Service", blob=BLOB, long=LONG):
        world.offer(obj)
    world.addresses(3)
    world.hold("the announcements", ANNOUNCE_S + 1)
    world.cluster.restarts()
