"""BGP-023: only the nodes that a peer selects have a session, and labels move it.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp_peers
from conformance.suite.checks.bgp_peers import PEERING
from conformance.suite.world import World

MOVE_S = 10.0
LABEL = "lbkit-conformance/peers"
CASE = Case(
    id="BGP-023",
    title="only selected nodes have sessions, and a label moves them in 10 s",
    lab="bgp",
    features=("bgp", "node-select"),
    source="https://metallb.io/configuration/_advanced_bgp_configuration/ (BGPPeer nodeSelectors)",
    checks=(bgp_peers.sessions_follow(MOVE_S, changes=3),),
    timeout_s=180,
)


def test_bgp_023_peers_are_for_chosen_nodes(world: World) -> None:
    """Ask for a label beside each peer's own; give it to two nodes, then take it from one and give it to the third."""
    first, second, third = world.lab.eligible
    world.cluster.label(first, LABEL, "yes")
    world.cluster.label(second, LABEL, "yes")
    world.peers(
        anew=True,
        each=lambda spec: {
            "nodeSelectors": [{"matchLabels": {**one["matchLabels"], LABEL: "yes"}} for one in spec["nodeSelectors"]]
        },
    )
    world.routers.follow(world.lab.peering_routers(), "bgp_peers")
    world.mark(f"{PEERING}{first},{second}")
    world.hold("the sessions", MOVE_S + 2)
    world.mark(f"{PEERING}{second}")
    world.cluster.label(first, LABEL, None)
    world.hold("the sessions", MOVE_S + 2)
    world.mark(f"{PEERING}{second},{third}")
    world.cluster.label(third, LABEL, "yes")
    world.hold("the sessions", MOVE_S + 2)
