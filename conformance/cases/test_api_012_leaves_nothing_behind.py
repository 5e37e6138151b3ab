"""API-012: the documented uninstall leaves nothing on Services, nodes or the wire.

With Services that have addresses, and the clean-up finalizer where the target has one. The target is installed again
after the case.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, orphans
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, WITHDRAW_S
from conformance.suite.world import World

CASE = Case(
    id="API-012",
    title="an uninstall leaves no finalizer, address, route, rule or ARP answer",
    lab="l2",
    features=("api",),
    backend="echo",
    uses=("finalizer",),
    source="KEP-980 (a finalizer without its controller blocks deletion for ever); catalogue API-012",
    checks=(
        ipam.assigned(ASSIGN_S, only=("one", "two")),
        orphans.nothing_left(),
        orphans.taken_away(WITHDRAW_S),
    ),
    timeout_s=900,
)


def test_api_012_leaves_nothing_behind(world: World) -> None:
    """Serve two Services, uninstall, look at nodes and wire, and delete the Services."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("one", "two")
    addresses = world.addresses(2)
    world.hold("the announcement", ANNOUNCE_S)
    world.wire.ask(*addresses, every_s=0.1, times=5)
    world.cluster.look_at_nodes()
    world.cluster.uninstall()
    world.wire.ask(*addresses, every_s=0.1, times=20)
    world.cluster.look_at_nodes()
    world.delete("Service", "one")
    world.delete("Service", "two")
    world.until(orphans.taken_away(WITHDRAW_S), WITHDRAW_S)
