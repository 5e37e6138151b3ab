"""L2-012: who takes an IPv6 address tells all nodes of it, without having been asked.

Shell: the world's.
"""

from conformance.suite import neighbor
from conformance.suite.case import Case
from conformance.suite.checks import ndp
from conformance.suite.waits import ANNOUNCE_S, patience
from conformance.suite.world import World

CASE = Case(
    id="L2-012",
    title="an unsolicited advertisement, overriding, goes to all nodes when an address is taken",
    lab="l2",
    features=("layer2", "ndp", "ipv6"),
    backend="echo",
    source="RFC 4861 section 7.2.6 (unsolicited advertisements: S not set, O set, to the all-nodes group)",
    checks=(ndp.unasked(ANNOUNCE_S),),
)


def test_l2_012_tells_of_ipv6_unasked(world: World) -> None:
    """Listen while the Service gets its address, and ask nothing."""
    world.wire.capture()
    world.apply()
    (address,) = world.families("web", 6)
    world.wait("a claim", lambda history: neighbor.claims(history, address) or None, patience(ANNOUNCE_S))
    world.hold("more of them", 1)
