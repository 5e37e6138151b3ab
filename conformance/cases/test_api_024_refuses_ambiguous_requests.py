"""API-024: a request that two programs would read as two addresses is refused aloud, and breaks nothing.

Leading zeros (octal to some), IPv4-mapped IPv6, a prefix, white space inside, hexadecimal, two addresses of one
family. White space around an address leaves one reading and is MetalLB's own habit, so it is not asked about.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, pending, reasons
from conformance.suite.waits import PENDING_S
from conformance.suite.world import World

WRONG = ("cidr", "mapped", "zeros", "inner-space", "two-of-one-family", "hexadecimal", "zeros-in-spec")
CASE = Case(
    id="API-024",
    title="ambiguous requests for an address are refused with an event, and nothing crashes",
    lab="l2",
    elsewhere=("bgp",),
    features=("api",),
    source="KEP-4858 (strict validation of IP and CIDR values); catalogue API-024",
    checks=(
        pending.never_given(*WRONG, for_s=PENDING_S),
        pending.explained(*WRONG),
        choice.as_asked(),
        reasons.unharmed(),
    ),
)


def test_api_024_refuses_ambiguous_requests(world: World) -> None:
    """Create Services with ambiguous requests and a sound one."""
    world.cluster.restarts()
    world.apply("IPAddressPool", "L2Advertisement")
    wanted = str(world.pool_address(3)).split(".")
    names = {"zeros": ".".join(["0" + wanted[0], *wanted[1:]]), "spaced": ". ".join(wanted)}
    world.services(*WRONG, "sound", **names)
    world.address()
    world.hold("addresses that must not come", PENDING_S)
    world.events()
    world.cluster.restarts()
