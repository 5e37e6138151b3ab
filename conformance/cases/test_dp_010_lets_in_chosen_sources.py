"""DP-010: loadBalancerSourceRanges lets in who is in them, keeps others out, and lets all in when it is cleared.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, phases
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S, SERVED_S
from conformance.suite.wire import source_address
from conformance.suite.world import World

NEAR, FAR = "near", "far"
NOBODY = "192.0.2.0/24"
CASE = Case(
    id="DP-010",
    title="loadBalancerSourceRanges lets in exactly the clients that are in them",
    lab="l2",
    features=("datapath",),
    backend="echo",
    source="Kubernetes API, Service loadBalancerSourceRanges; Kubernetes e2e: should only allow access from service "
    "loadbalancer source ranges; catalogue DP-010",
    checks=(
        ipam.assigned(ASSIGN_S),
        phases.reachable(
            *("near at first", "far at first", "near by near", "far by far", "near by both", "far by both"),
            *("near by all", "far by all", "near when cleared", "far when cleared"),
            within_s=KUBE_PROXY_S,
        ),
        phases.unreachable("far by near", "near by far", "near by none", "far by none", within_s=KUBE_PROXY_S),
        phases.same_address("web"),
    ),
    timeout_s=240,
)


def test_dp_010_lets_in_chosen_sources(world: World) -> None:
    """Ask from both clients all the time, while one, the other, both, anybody, and nobody is let in."""
    world.apply()
    address = world.address()
    world.hold("the first owner and the way to the pods", ANNOUNCE_S + KUBE_PROXY_S)
    near, far = (f"{source_address(world.lab.nodes[client])}/32" for client in (NEAR, FAR))
    ranges = {"by near": [near], "by far": [far], "by both": [near, far], "by none": [NOBODY], "by all": ["0.0.0.0/0"]}
    for name, wanted in {"at first": None, **ranges, "when cleared": None}.items():
        world.patch("web", spec={"loadBalancerSourceRanges": wanted})
        for client in (NEAR, FAR):
            world.traffic.keep_requesting(f"{client} {name}", address, every_s=0.25, client=client)
        world.hold(f"requests {name}", KUBE_PROXY_S + SERVED_S)
        world.traffic.stop()
