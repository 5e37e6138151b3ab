"""L2-006: a probe and a unicast question are answered too, so that others can tell the address is in use.

Shell: the world's.
"""

from conformance.suite import neighbor
from conformance.suite.case import Case
from conformance.suite.checks import ipam, l2
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, patience
from conformance.suite.world import World

CASE = Case(
    id="L2-006",
    title="RFC 5227 probes and unicast questions are answered",
    lab="l2",
    features=("layer2",),
    backend="echo",
    source="RFC 5227 section 2.1.1 (probe) and RFC 1122 section 2.3.2.1 (unicast poll of a cache entry)",
    checks=(ipam.assigned(ASSIGN_S), l2.form_answered("probe"), l2.form_answered("unicast")),
)


def test_l2_006_answers_every_form(world: World) -> None:
    """Find the owner by a broadcast, then probe the address and ask the owner alone."""
    world.wire.capture()
    world.apply()
    address = world.address()
    world.wire.keep_asking(address, every_s=0.2)
    found = world.wait("the owner", lambda h: neighbor.replies(h, address) or None, patience(ANNOUNCE_S))
    world.wire.hush()
    world.wire.ask(address, form="probe", every_s=0.5, times=5)
    if found:
        world.wire.ask(address, form="unicast", to=found[-1].mac, every_s=0.5, times=5)
