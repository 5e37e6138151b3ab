"""API-018: a Service without pods has an address; and who announces it refuses connections and hangs nobody.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, phases
from conformance.suite.waits import ASSIGN_S, HOLD_S, KUBE_PROXY_S
from conformance.suite.world import World

CASE = Case(
    id="API-018",
    title="a Service without endpoints is assigned an address, and does not hang if it is announced",
    lab="l2",
    features=("api",),
    source="Kubernetes API, Service (a selector may match nothing); catalogue API-018",
    checks=(ipam.assigned(ASSIGN_S), phases.refused("tcp without pods", within_s=KUBE_PROXY_S)),
)


def test_api_018_needs_no_endpoints(world: World) -> None:
    """Create a Service whose selector matches nothing, and ask its address by ARP and by TCP."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("web")
    address = world.address()
    world.wire.keep_asking(address, every_s=0.2, for_s=60)
    world.traffic.phase("without pods", {"tcp": (address, 80)}, for_s=2 * HOLD_S)
