"""L2-030: what is told of an address, asked or unasked, is heard on its segment and on no other.

Heard at: the segment, a second one of the nodes, and the network behind the gateway.

Shell: the world's.
"""

from ipaddress import IPv4Address

from conformance.suite.case import Case
from conformance.suite.checks import segments
from conformance.suite.facts import CLIENT, ROUTER
from conformance.suite.segment import SPARE
from conformance.suite.waits import ANNOUNCE_S
from conformance.suite.world import World

NOTICED_S = 12.0
"""MetalLB looks for interfaces every 10 s."""
CASE = Case(
    id="L2-030",
    title="claims to an address are heard on its segment alone",
    lab="l2",
    features=("layer2", "iface-select", "static-ip"),
    backend="echo",
    source="RFC 826 and RFC 5227 section 2.3: link-local by nature; MetalLB, L2Advertisement spec.interfaces",
    checks=(segments.announced_on("all", SPARE), segments.confined("one", "lan", (SPARE, "far"))),
)


def test_l2_030_stays_on_its_segment(world: World) -> None:
    """Listen everywhere while the address is taken, and ask on its segment."""
    switch = world.lab.capture["lan"][0]
    far = next(node for node in world.lab.with_role(CLIENT) if node.name == "far")
    world.segment.second(*world.lab.eligible)
    world.wire.capture()
    world.wire.capture_at(switch, SPARE, SPARE)
    world.wire.capture_at(far.name, far.interfaces[0].name, far.name)
    world.hold("that the second segment is noticed", NOTICED_S)
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("all", "one")
    every, one = world.addresses(2)
    world.hold("the announcements", ANNOUNCE_S)
    world.wire.ask(every, one, every_s=0.1, times=10)
    world.wire.ask_from(switch, SPARE, every, times=5)
    gateways = [a for router in world.lab.with_role(ROUTER) for a in world.lab.towards(far.name, (router.name,))]
    world.wire.ask(*(a for a in gateways if isinstance(a, IPv4Address)), client=far.name, every_s=0.1, times=3)
