"""DP-016: without pods a Service refuses connections and hangs nobody; with pods again it is served within 5 s.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import backends, ipam, phases
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, HOLD_S, KUBE_PROXY_S, SERVED_S
from conformance.suite.world import World

PODS, BACK_S = 2, 5.0
CASE = Case(
    id="DP-016",
    title="a Service scaled to 0 refuses connections, and is served 5 s after it has pods again",
    lab="l2",
    features=("datapath",),
    source="Kubernetes, virtual IPs and Service proxies (a Service without endpoints is rejected); catalogue DP-016",
    checks=(
        ipam.assigned(ASSIGN_S),
        phases.reachable("tcp before", within_s=ANNOUNCE_S + KUBE_PROXY_S),
        phases.refused("tcp at zero", within_s=KUBE_PROXY_S),
        backends.back_in_time("back", within_s=BACK_S, at_least=10),
    ),
    timeout_s=240,
    provisional=True,
)


def test_dp_016_comes_back_from_zero(world: World) -> None:
    """Scale the pods to 0 and back, and ask all the time, who has the address as well."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement", "Deployment")
    world.pods_ready(PODS)
    world.services("web")
    address = world.address()
    world.traffic.phase("before", {"tcp": (address, 80)}, served_s=SERVED_S)
    world.cluster.scale({"echo": 0})
    world.wire.keep_asking(address, every_s=0.2)
    world.traffic.phase("at zero", {"tcp": (address, 80)}, for_s=KUBE_PROXY_S + HOLD_S)
    world.traffic.keep_requesting("back", address)
    world.cluster.scale({"echo": PODS})
    world.hold("that it is served again", BACK_S + HOLD_S)
