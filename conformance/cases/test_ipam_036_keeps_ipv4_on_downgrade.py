"""IPAM-036: a living Service that gives up its second family keeps the first address; the other falls silent.

A lower address is free by then, so that who starts over is seen to.

Shell: the world's.
"""

from conformance.suite import neighbor
from conformance.suite.case import Case
from conformance.suite.checks import handover, ipam, reach, stacks
from conformance.suite.families import Loop
from conformance.suite.waits import ANNOUNCE_S, KUBE_PROXY_S, WITHDRAW_S, patience
from conformance.suite.world import World

KEPT, DROPPED = Loop("web", 4, "near"), Loop("web", 6, "near")
CASE = Case(
    id="IPAM-036",
    title="a living Service that gives up its second family keeps the address of the first, and the other is withdrawn",
    lab="l2",
    features=("allocation", "dual"),
    backend="echo",
    source="KEP-563, changing ipFamilyPolicy of an existing Service; catalogue IPAM-036",
    checks=(
        stacks.downgraded("web", within_s=WITHDRAW_S),
        handover.falls_silent(WITHDRAW_S),
        ipam.in_pool(),
        reach.served_by_family(KEPT, DROPPED, within_s=ANNOUNCE_S + KUBE_PROXY_S, at_least=10),
    ),
)


def test_ipam_036_keeps_ipv4_on_downgrade(world: World) -> None:
    """Take IPv6 from a Service with both families, while it is asked for by IPv4 and the wire is watched."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("first", "web")
    ours, theirs = world.families("web", 4, 6), world.families("first", 4, 6)
    world.wire.keep_asking(*ours, *theirs, every_s=0.1)
    world.delete("Service", "first")
    world.wait("a claim", lambda history: neighbor.claims(history, ours[1]) or None, patience(ANNOUNCE_S))
    world.hold("the way to the pods", KUBE_PROXY_S)
    world.traffic.keep_requesting(str(KEPT), ours[0], client=KEPT.client)
    world.traffic.request(str(DROPPED), ours[1], times=20, client=DROPPED.client)
    world.patch("web", spec={"ipFamilyPolicy": "SingleStack"})
    world.until(stacks.downgraded("web", within_s=WITHDRAW_S), WITHDRAW_S)
    world.hold("the address that was given up", WITHDRAW_S + 1)
