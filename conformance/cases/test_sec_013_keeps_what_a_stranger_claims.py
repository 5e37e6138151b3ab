"""SEC-013: a stranger on the segment who claims an address gets it from no node, and starts no storm.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, spoofed
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CLAIMS = 24
EVERY_S = 1.0
CASE = Case(
    id="SEC-013",
    title="an address that a stranger claims stays with its owner, who defends it within measure",
    lab="l2",
    features=("security",),
    backend="echo",
    source="RFC 5227 section 2.4 (c), DEFEND_INTERVAL; catalogue SEC-013",
    checks=(
        ipam.assigned(ASSIGN_S),
        spoofed.still_owned(ratio=0.99, at_least=100),
        spoofed.no_storm(at_least=CLAIMS),
        spoofed.noticed(within_s=5.0),
    ),
)


def test_sec_013_keeps_what_a_stranger_claims(world: World) -> None:
    """Claim the address once a second, and ask for it ten times a second."""
    world.wire.capture()
    world.apply()
    address = world.address()
    world.wire.keep_asking(address)
    world.hold("the first owner", ANNOUNCE_S)
    world.wire.spoof(address, every_s=EVERY_S, times=CLAIMS)
    world.until_told(spoofed.noticed(within_s=5.0), 5.0)
    world.hold("the stranger", CLAIMS * EVERY_S)
    world.events()
