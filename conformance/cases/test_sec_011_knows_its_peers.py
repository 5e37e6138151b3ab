"""SEC-011: a BGP speaker that nobody configured comes to no session with a node.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import exposure
from conformance.suite.world import World

CASE = Case(
    id="SEC-011",
    title="a stranger that connects to the BGP port of a node gets no session",
    lab="l2",
    features=("security",),
    source="RFC 4271 section 8.2.2, RFC 7454 section 4 (sessions with configured peers only); catalogue SEC-011",
    checks=(exposure.dials("gw"), exposure.unknown_refused()),
)


def test_sec_011_knows_its_peers(world: World) -> None:
    """Configure the gateway as a peer, so that BGP runs, and connect from another host."""
    gateway = next(a.ip for i in world.lab.nodes["gw"].interfaces for a in i.addresses if a.version == 4)
    world.wire.capture_bgp("gw")
    world.apply(address=str(gateway))
    world.until(exposure.dials("gw"), 20.0)
    world.wire.knock()
