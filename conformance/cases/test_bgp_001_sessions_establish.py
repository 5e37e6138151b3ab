"""BGP-001: each eligible node and each router have a session soon after the peers are configured.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp
from conformance.suite.waits import SESSION_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-001",
    title="sessions establish, each node with its own router id and the declared AS",
    lab="bgp",
    features=("bgp",),
    source="RFC 4271 section 8 (Established), section 4.2 (My Autonomous System, BGP Identifier)",
    checks=(bgp.established(SESSION_S), bgp.identified()),
)


def test_bgp_001_sessions_establish(world: World) -> None:
    """Configure the peers anew and follow the routers' view of the sessions."""
    routers = world.lab.peering_routers()
    world.peers(anew=True)
    world.routers.follow(routers, "bgp_peers")
    world.until(bgp.established(SESSION_S), SESSION_S)
    for router in routers:
        world.routers.look(router, "bgp_neighbors")
