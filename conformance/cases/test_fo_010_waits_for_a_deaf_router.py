"""FO-010: a router that hears no gratuitous ARP finds the new owner when what it knows has grown old, in 53 s at most.

It grows old within seconds here, or under --slow as usual: Linux asks anew after 15 to 45 s, 5 s and three questions.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import failover
from conformance.suite.deeds import DEEDS
from conformance.suite.facts import ROUTER
from conformance.suite.staging import befall, staged
from conformance.suite.world import World

AGED_S = 53.0
CASE = Case(
    id="FO-010",
    title="a router that ignores announcements reaches the new owner when its entry has aged",
    lab="l2",
    features=("failover", "l2-failover"),
    backend="kept",
    source="Linux, arp(7) and ip-sysctl, neigh/*: base_reachable_time, delay_first_probe_time, mcast_solicit",
    checks=(
        failover.answered_again(within_s=failover.DECLARED),
        failover.outage(within_s=AGED_S),
        failover.one_at_a_time(),
    ),
    timeout_s=400,
)


def test_fo_010_waits_for_a_deaf_router(world: World) -> None:
    """Keep the gateway from hearing announcements, and pull all cables of the owner."""
    scene = staged(world)
    owner = scene.pick(but=world.cluster.control_planes())
    gateway = world.lab.with_role(ROUTER)[0].name
    scene.watch(of=owner)
    world.segment.deaf_to_news(gateway, scene.watched, is_quick=world.long(1, 0) == 1)
    befall(DEEDS["links-lost"], world, scene, owner, patience_s=AGED_S + 10)
