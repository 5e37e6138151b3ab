"""L2-011: a probe of duplicate address detection for the address is answered to all nodes.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ndp
from conformance.suite.waits import ANNOUNCE_S
from conformance.suite.world import World

PROBES = 5
CASE = Case(
    id="L2-011",
    title="a probe for the address (DAD) finds it in use",
    lab="l2",
    features=("layer2", "ndp", "ipv6"),
    backend="echo",
    source="RFC 4862 section 5.4.3 and RFC 4861 section 7.2.4 (source ::, so to the all-nodes group)",
    checks=(ndp.defended(at_least=PROBES),),
)


def test_l2_011_defends_against_probes(world: World) -> None:
    """Probe for the address as a host does that wants it for itself."""
    world.wire.capture()
    world.apply()
    (address,) = world.families("web", 6)
    world.hold("the first owner", ANNOUNCE_S)
    world.wire.ask(address, form="probe", every_s=0.5, times=PROBES)
