"""SEC-020: the speaker of one node cannot say what another node does, or the target declares that it can.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, rights
from conformance.suite.waits import ASSIGN_S, HOLD_S
from conformance.suite.world import World

SERVICES = 6
CASE = Case(
    id="SEC-020",
    title="the status objects of a node are written by its own speaker alone",
    lab="l2",
    elsewhere=("bgp",),
    features=("security",),
    backend="echo",
    source="Kubernetes, bound ServiceAccount tokens, KEP-4193 (node of a token's pod); catalogue SEC-020",
    checks=(ipam.assigned(ASSIGN_S, at_least=SERVICES), rights.own_status_only()),
)


def test_sec_020_lets_nodes_speak_for_themselves(world: World) -> None:
    """Announce some addresses, and try to write each node's status in another node's name."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(SERVICES, writers=SERVICES)
    world.addresses(SERVICES)
    world.hold("the status objects", HOLD_S)
    world.audit.identity()
