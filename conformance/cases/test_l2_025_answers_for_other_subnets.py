"""L2-025: an address that is in no subnet of the nodes is answered for, and reached by those who have a route to it.

Shell: the world's.
"""

from ipaddress import IPv4Address

from conformance.suite.case import Case
from conformance.suite.checks import ecmp, ipam, l2
from conformance.suite.facts import CLIENT
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S, KUBE_PROXY_S, patience
from conformance.suite.world import World

ADDRESS = IPv4Address("198.51.100.25")  # TEST-NET-2 (RFC 5737)
EACH, QUESTIONS = 50, 20
CASE = Case(
    id="L2-025",
    title="an address of no subnet of the nodes is answered for by one node, and reached through a route",
    lab="l2",
    features=("layer2", "proxy-arp"),
    backend="echo",
    source="RFC 826 (an address's owner replies, whatever its subnet), RFC 1027; catalogue L2-025",
    checks=(
        ipam.assigned(ASSIGN_S),
        l2.answered(ANNOUNCE_S),
        l2.one_owner(at_least=QUESTIONS),
        ecmp.flows_answered(at_least=2 * EACH),
    ),
)


def test_l2_025_answers_for_other_subnets(world: World) -> None:
    """Lead clients on the segment and behind the gateway to such an address, ask for it, and connect to it."""
    world.wire.capture()
    world.segment.lead_to(ADDRESS)
    world.apply(address=str(ADDRESS))
    address = world.address()
    world.wire.ask(address, every_s=0.2, times=max(QUESTIONS, int(patience(ANNOUNCE_S) / 0.2)))
    world.hold("the way to the pods", KUBE_PROXY_S)
    for client in world.lab.with_role(CLIENT):
        world.traffic.flows(address, EACH, client=client.name)
