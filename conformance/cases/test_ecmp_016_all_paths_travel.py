"""ECMP-016: behind other routers all paths are seen with ADD-PATH, and one without.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import add_path, ipam
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

CUT = "without ADD-PATH"
CASE = Case(
    id="ECMP-016",
    title="a router behind others sees every node's path with ADD-PATH, and one without",
    lab="bgp",
    features=("ecmp", "add-path"),
    backend="echo",
    source="RFC 7911 section 2 (paths of one prefix are told apart by an identifier); catalogue ECMP-016",
    checks=(ipam.assigned(ASSIGN_S), add_path.all_paths("collector", CUT)),
    timeout_s=180,
)


def test_ecmp_016_all_paths_travel(world: World) -> None:
    """Look at the collector; then take ADD-PATH from its session with the spine, which begins it anew."""
    option = f"neighbor {world.lab.nodes['collector'].addresses[0]} addpath-tx-all-paths"
    family = ("router bgp", "address-family ipv4 unicast")
    world.peers()
    world.routers.follow(("collector",), "gobgp_rib")
    world.apply()
    world.converged(world.address())
    world.hold("the collector", 3)
    world.mark(CUT)
    world.routers.faults.configure("spine", *family, f"no {option}", undo=(*family, option))
    world.until(add_path.all_paths("collector", CUT), 20)
    world.hold("the collector", 3)
