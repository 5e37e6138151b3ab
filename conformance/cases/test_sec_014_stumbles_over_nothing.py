"""SEC-014: malformed frames on the segment and malformed objects in the API end no process, and surprise none.

Twenty seconds, or the catalogue's ten minutes under --slow.

Shell: the world's.
"""

import random

from conformance.suite.case import Case
from conformance.suite.checks import ipam, reasons
from conformance.suite.fuzzed import SPOILT, spoilt
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

STUMBLES = ("Traceback", "goroutine ")
"""What Python and Go write of an error that nobody expected."""
FRAMES, OBJECTS = 2000, 60
SHORT_S, LONG_S = 20.0, 600.0
CASE = Case(
    id="SEC-014",
    title="malformed packets and objects end no process, and surprise none",
    lab="l2",
    features=("security",),
    backend="echo",
    source="RFC 826, RFC 4861 (malformed packets are dropped); API conventions, validation; catalogue SEC-014",
    checks=(
        reasons.unharmed(),
        reasons.no_stumble(*STUMBLES, frames=FRAMES, objects=OBJECTS),
        ipam.assigned(2 * ASSIGN_S, only=("after",)),
    ),
    timeout_s=900,
)


def test_sec_014_stumbles_over_nothing(world: World) -> None:
    """Spoil frames and objects by the drive's seed, and then ask for an address."""
    for_s, rng = world.long(SHORT_S, LONG_S), random.Random(world.seed)  # noqa: S311 - repeatable by its seed
    world.cluster.restarts()
    for text in STUMBLES:
        world.audit.search(text)
    world.apply("IPAddressPool", "L2Advertisement", part="good")
    world.services("before")
    world.wire.fuzz(world.address(), world.pool_address(3), seed=world.seed, for_s=for_s)
    kinds = ("IPAddressPool", "L2Advertisement", "BGPPeer", "BGPAdvertisement", "BFDProfile")
    for number in range(int(OBJECTS * for_s / SHORT_S)):
        part = f"{SPOILT}{number}"
        for obj in world.objects(kinds[number % len(kinds)], part=part):
            named = {**obj, "metadata": {**obj["metadata"], "name": part}}
            world.offer(spoilt(named, rng), "create")  # an apply of what has no type is answered by a 500
            world.hold("a spoilt object", for_s / OBJECTS / 3)
            world.delete(obj["kind"], part)
    world.wire.hush()
    world.hold("late stumbles")
    world.services("after")
    world.addresses(2, limit_s=2 * ASSIGN_S)
    world.cluster.restarts()
    for text in STUMBLES:
        world.audit.search(text)
