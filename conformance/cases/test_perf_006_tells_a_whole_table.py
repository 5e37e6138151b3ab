"""PERF-006: how long a whole table takes to the routers, in how many messages, and how long to be withdrawn.

Three hundred prefixes, or a thousand under --slow; the catalogue's ten thousand are more Services than a lab on two
cores can make in the time of a case.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp_table, ipam
from conformance.suite.waits import SESSION_S
from conformance.suite.world import World

FEW, MANY = 300, 1000
CASE = Case(
    id="PERF-006",
    title="a whole table reaches every router, and leaves it",
    lab="bgp",
    features=("performance", "bgp"),
    backend="echo",
    source="RFC 4271 section 4.3; catalogue PERF-006",
    checks=(
        ipam.assigned(60.0, at_least=FEW),
        bgp_table.whole_table(FEW, within_s=30.0),
        bgp_table.all_withdrawn(FEW, within_s=10.0),
    ),
    timeout_s=400,
)


def test_perf_006_tells_a_whole_table(world: World) -> None:
    """Give many addresses, then configure the peers, and delete all Services."""
    count = int(world.long(FEW, MANY))
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.create_services(count, 16)
    world.addresses(count, 60.0)
    world.hold("EndpointSlices", count / 20 + 5)
    world.wire.capture_bgp(*world.lab.peering_routers())
    world.peers(anew=True)
    world.until(bgp_table.whole_table(count, within_s=30.0), SESSION_S + 30.0)
    for number in range(count):
        world.delete("Service", f"web-{number}")
    world.until(bgp_table.all_withdrawn(count, within_s=10.0), 10.0)
