"""SEC-012: datagrams forged on the channel by which the nodes know of each other change nothing.

Where that channel is on the segment a client forges; where it is on the cluster's own network, one of the nodes.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import l2, spoofed
from conformance.suite.declared import declared
from conformance.suite.waits import ANNOUNCE_S
from conformance.suite.world import World

SERVICES = 4
CASE = Case(
    id="SEC-012",
    title="forged membership datagrams move no address, and admit nobody",
    lab="l2",
    features=("security",),
    backend="echo",
    source="RFC 2104 (who has no key cannot speak); catalogue SEC-012",
    checks=(spoofed.unmoved(at_least=200, silent_s=1.0), l2.answered(ANNOUNCE_S)),
)


def test_sec_012_admits_no_stranger(world: World) -> None:
    """Announce some addresses, forge for ten seconds, and announce some more."""
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(SERVICES, writers=SERVICES)
    world.addresses(SERVICES)
    world.wire.keep_asking(*(world.pool_address(number) for number in range(2 * SERVICES)), every_s=0.02)
    world.until(l2.answered(ANNOUNCE_S), ANNOUNCE_S)
    says = declared(world.recorder.history())
    if says and says.membership_port:
        near = world.lab.nodes["near"]
        is_there = any(interface.name == says.membership_on for interface in near.interfaces)
        node = near.name if is_there else world.lab.eligible[0]
        world.wire.forge(says.membership_port, says.membership_on, node, seed=world.seed, for_s=10)
    for number in range(SERVICES, 2 * SERVICES):
        world.apply("Service", index=str(number))
    world.addresses(2 * SERVICES)
    world.hold("the newer addresses", ANNOUNCE_S)
