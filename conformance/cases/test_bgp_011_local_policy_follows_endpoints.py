"""BGP-011: under externalTrafficPolicy Local exactly the nodes with a ready pod advertise.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp_follow, ipam
from conformance.suite.checks.bgp_follow import WANTED
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

FOLLOW_S = 5.0
CASE = Case(
    id="BGP-011",
    title="under externalTrafficPolicy Local exactly the nodes with ready pods advertise",
    lab="bgp",
    features=("bgp",),
    source="Kubernetes API, Service spec.externalTrafficPolicy (Local); catalogue BGP-011 (each change in 5 s)",
    checks=(ipam.assigned(ASSIGN_S), bgp_follow.follows(FOLLOW_S, changes=4)),
    timeout_s=300,
)


def test_bgp_011_local_policy_follows_endpoints(world: World) -> None:
    """Run pods on one node, on all, on one again and on none."""
    nodes = dict(zip(("node_1", "node_2", "node_3"), world.lab.eligible, strict=True))
    world.peers()
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.apply("Deployment", **nodes)
    world.pods_ready(1)
    world.routers.follow(world.lab.peering_routers(), "bgp_rib")
    world.apply("Service")
    world.address()
    for wanted in (("echo-1",), ("echo-1", "echo-2", "echo-3"), ("echo-2",), ()):
        world.cluster.scale({f"echo-{n}": int(f"echo-{n}" in wanted) for n in (1, 2, 3)})
        world.mark(WANTED + ",".join(world.lab.eligible[int(name[-1]) - 1] for name in wanted))
        world.hold("the routers", FOLLOW_S + 2)
        world.mark("seen")
