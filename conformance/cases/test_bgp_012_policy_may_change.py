"""BGP-012: the set of next hops narrows and widens with externalTrafficPolicy, and is never empty in between.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_follow, ipam
from conformance.suite.checks.bgp_follow import WANTED
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

FOLLOW_S = 5.0
CASE = Case(
    id="BGP-012",
    title="externalTrafficPolicy may change on a live Service, and no router loses the route",
    lab="bgp",
    features=("bgp",),
    source="Kubernetes API, Service spec.externalTrafficPolicy (mutable); catalogue BGP-012",
    checks=(
        ipam.assigned(ASSIGN_S),
        bgp_follow.follows(FOLLOW_S, changes=2),
        bgp_follow.never_empty("changing", "changed"),
    ),
    timeout_s=180,
)


def test_bgp_012_policy_may_change(world: World) -> None:
    """One pod on one node; Cluster, Local and Cluster again."""
    world.peers()
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.apply("Deployment", node_1=world.lab.eligible[0])
    world.pods_ready(1)
    world.routers.follow(world.lab.peering_routers(), "bgp_rib")
    world.apply("Service")
    world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    everybody, one = ",".join(world.lab.eligible), world.lab.eligible[0]
    world.mark("changing")
    for policy, wanted in (("Local", one), ("Cluster", everybody)):
        world.patch("web", spec={"externalTrafficPolicy": policy})
        world.mark(WANTED + wanted)
        world.hold("the routers", FOLLOW_S + 2)
        world.mark("changed" if policy == "Cluster" else "narrowed")
