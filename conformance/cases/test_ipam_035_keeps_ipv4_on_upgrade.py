"""IPAM-035: a living Service that is given a second family keeps its address, loses no request, and gets another.

A lower address is free by then, so that who starts over is seen to.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, reach, stacks
from conformance.suite.families import Loop
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, HOLD_S, KUBE_PROXY_S
from conformance.suite.world import World

KEPT = Loop("web", 4, "near")
ADDED = (Loop("strict", 6, "near"), Loop("strict", 6, "far"))
CASE = Case(
    id="IPAM-035",
    title="a living Service that is given a second family keeps the address it has and gets one of the other",
    lab="l2",
    features=("allocation", "dual"),
    backend="echo",
    source="KEP-563, changing ipFamilyPolicy of an existing Service; catalogue IPAM-035",
    checks=(
        ipam.assigned(ASSIGN_S, only=("web", "strict")),
        stacks.upgraded("web", "strict", within_s=ASSIGN_S),
        ipam.in_pool(),
        reach.served_by_family(KEPT, *ADDED, within_s=ANNOUNCE_S + KUBE_PROXY_S, at_least=20),
    ),
)


def test_ipam_035_keeps_ipv4_on_upgrade(world: World) -> None:
    """Change one Service to preferring, one to requiring both families, while the first is asked for by IPv4."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("first", "web", "strict")
    world.addresses(3)
    world.delete("Service", "first")
    world.hold("the way to the pods, and an address that becomes free", KUBE_PROXY_S)
    world.traffic.keep_requesting(str(KEPT), *world.families("web", 4), client=KEPT.client)
    world.hold("one family", 2)
    world.patch("web", spec={"ipFamilyPolicy": "PreferDualStack"})
    world.patch("strict", spec={"ipFamilyPolicy": "RequireDualStack"})
    world.until(stacks.upgraded("web", "strict", within_s=ASSIGN_S), ASSIGN_S)
    world.hold("the way to the pods", KUBE_PROXY_S)
    for loop in ADDED:
        world.traffic.keep_requesting(str(loop), *world.families("strict", 6), client=loop.client)
    world.hold("both families", HOLD_S)
