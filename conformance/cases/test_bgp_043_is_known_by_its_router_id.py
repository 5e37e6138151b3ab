"""BGP-043: routerID: routers know a node by the BGP identifier that its peers give, and by its own without one.

An identifier is part of OPEN; who needs a restart for another one is restarted.

Shell: the world's.
"""

from collections.abc import Mapping
from typing import Any

from conformance.suite.case import Case
from conformance.suite.checks import peer_fields
from conformance.suite.waits import RESTART_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-043",
    title="a node is known to its routers by the routerID that is configured, and by its own without",
    lab="bgp",
    features=("bgp", "router-id"),
    source="https://metallb.io/apis/ (BGPPeer: routerID); RFC 4271 section 4.2; catalogue BGP-043",
    checks=(peer_fields.router_id("given"), peer_fields.router_id("taken-back")),
    timeout_s=300,
)


def test_bgp_043_is_known_by_its_router_id(world: World) -> None:
    """Give each node an identifier of its own, and take it back."""
    ids = {node: f"10.255.43.{number}" for number, node in enumerate(world.lab.eligible, 1)}
    routers = world.lab.peering_routers()

    def given(spec: Mapping[str, Any]) -> dict[str, str]:  # Any: fields of a BGPPeer's spec
        (node,) = spec["nodeSelectors"][0]["matchLabels"].values()
        return {"routerID": ids[node]}

    world.routers.follow(routers, "bgp_neighbors")
    for mark, each in (("given", given), ("taken-back", None)):
        world.peers(anew=True, each=each)
        world.faults.renew("speaker")
        world.faults.back("speaker")
        world.mark(mark)
        world.until(peer_fields.router_id(mark), RESTART_S)
        world.mark(f"{mark}-over")
