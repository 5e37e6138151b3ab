"""ECMP-001: each router's FIB has exactly the eligible nodes as next hops, with equal weights.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ecmp, ipam
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="ECMP-001",
    title="multipath is installed: the next hops are the eligible nodes, of equal weight",
    lab="bgp",
    features=("ecmp",),
    backend="echo",
    source="RFC 4271 section 9.1.2 with FRR maximum-paths; RFC 2991",
    checks=(ipam.assigned(ASSIGN_S), ecmp.installed()),
    requires=("ECMP-000",),
)


def test_ecmp_001_multipath_is_installed(world: World) -> None:
    """Give a Service an address and read the kernels' routes on the routers."""
    world.peers()
    world.apply()
    world.converged(world.address())
    world.hold("the next hops", 2)
