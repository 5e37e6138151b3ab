"""BFD-003: jitter and a little loss of BFD packets are no failure.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bfd, bgp
from conformance.suite.waits import SESSION_S
from conformance.suite.world import World

FOR_S = 60.0
LATE_MS, LOST_PERCENT = 100, 1.0
CASE = Case(
    id="BFD-003",
    title="BFD stays up for a minute with 50 ms of jitter around 50 ms and 1 % of loss",
    lab="bgp",
    features=("bgp", "bfd"),
    source="RFC 5880 section 6.8.4 (detection time: several packets must be missing); catalogue BFD-003",
    checks=(bgp.established(SESSION_S), bfd.no_false_alarm(FOR_S)),
    timeout_s=240,
)


def test_bfd_003_bears_jitter_and_loss(world: World) -> None:
    """Delay each packet between one router and the nodes by up to 100 ms, and lose one of a hundred."""
    router, *others = world.lab.peering_routers()
    world.peers()
    world.routers.follow((router, *others), "bgp_peers")
    world.until(bgp.established(SESSION_S), SESSION_S)
    world.hold("BFD", SESSION_S)
    world.routers.faults.jitter_bfd(router, within_ms=LATE_MS, lost_percent=LOST_PERCENT, seed=world.seed)
    world.routers.look(router, "bfd_counters")
    world.routers.follow((router,), "bfd")
    world.mark("jittered")
    world.hold("BFD", FOR_S + 2)
    world.mark("calm")
    world.routers.look(router, "bfd_counters")
    world.routers.faults.calm_bfd()
