"""DP-020: two Services with one port and the same pods have addresses of their own, and one may go without the other.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, phases, reach
from conformance.suite.serving import served
from conformance.suite.waits import ASSIGN_S, KUBE_PROXY_S, SERVED_S, WITHDRAW_S
from conformance.suite.world import World

CASE = Case(
    id="DP-020",
    title="two Services with the same port and pods are independent",
    lab="l2",
    elsewhere=("bgp",),
    features=("datapath",),
    backend="echo",
    source="Kubernetes API, Service (selectors may overlap, each Service has its own address); catalogue DP-020",
    checks=(
        ipam.assigned(ASSIGN_S),
        ipam.one_each(),
        phases.reachable("tcp before", within_s=KUBE_PROXY_S),
        reach.uninterrupted("second", during="first", at_least=100),
        phases.unreachable("tcp gone", within_s=WITHDRAW_S),
    ),
)


def test_dp_020_keeps_services_apart(world: World) -> None:
    """Ask two Services, delete the first, and ask both addresses on."""
    first, second = served(world)
    world.traffic.phase("before", {"tcp": (first, 80)}, served_s=SERVED_S)
    world.traffic.keep_requesting("second", second)
    world.hold("the second", KUBE_PROXY_S)
    world.delete("Service", "first")
    world.traffic.phase("gone", {"tcp": (first, 80)}, for_s=2 * WITHDRAW_S)
