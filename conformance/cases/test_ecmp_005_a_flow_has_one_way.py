"""ECMP-005: the same addresses and ports lead to the same node, connection after connection.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ecmp, ipam
from conformance.suite.spreading import converged
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

PORTS, TIMES = 20, 20
CASE = Case(
    id="ECMP-005",
    title="a 5-tuple that is used again leads to the same node",
    lab="bgp",
    features=("ecmp",),
    backend="echo",
    source="RFC 2991 section 3 (a hash of the headers chooses); Linux ip-sysctl, fib_multipath_hash_policy",
    checks=(ipam.assigned(ASSIGN_S), ecmp.repeatable(PORTS, TIMES)),
    requires=("ECMP-000",),
    timeout_s=180,
)


def test_ecmp_005_a_flow_has_one_way(world: World) -> None:
    """Connect from each of 20 source ports 20 times, one after the other."""
    address = converged(world)
    world.traffic.repeat(address, PORTS, TIMES)
