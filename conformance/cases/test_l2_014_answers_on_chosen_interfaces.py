"""L2-014: an address is answered for on the interfaces that its advertisement names, and on no other.

The nodes get a second segment; an address whose advertisement names no interface shows that they answer on it.

Shell: the world's.
"""

from conformance.suite import neighbor
from conformance.suite.case import Case
from conformance.suite.checks import segments
from conformance.suite.segment import SPARE
from conformance.suite.waits import ANNOUNCE_S
from conformance.suite.world import World

CASE = Case(
    id="L2-014",
    title="with interfaces [eth1] an address is answered for on that segment alone",
    lab="l2",
    features=("layer2", "iface-select", "static-ip"),
    backend="echo",
    source="MetalLB, L2Advertisement spec.interfaces; catalogue L2-014",
    checks=(segments.announced_on("all", SPARE), segments.confined("one", "lan", (SPARE,))),
)


def test_l2_014_answers_on_chosen_interfaces(world: World) -> None:
    """Ask for both addresses on both segments."""
    switch = world.lab.capture["lan"][0]
    world.segment.second(*world.lab.eligible)
    world.wire.capture()
    world.wire.capture_at(switch, SPARE, SPARE)
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("all", "one")
    every, one = world.addresses(2)
    world.hold("the first owners", ANNOUNCE_S)
    for _ in range(8):
        world.wire.ask_from(switch, SPARE, every, one, times=4, every_s=0.25)
        if neighbor.claims(world.recorder.history(), every, SPARE):
            break
    world.wire.ask_from(switch, SPARE, every, one, times=5, every_s=0.1)
    world.wire.ask(one, every_s=0.2, times=10)
