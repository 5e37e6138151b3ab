"""PERF-010: what many Services cost the controller and each speaker, in memory and processor time.

Two hundred, or the catalogue's thousand under --slow; it is reported, and nothing is held to a figure.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, latency
from conformance.suite.waits import HOLD_S
from conformance.suite.world import World

FEW, MANY = 200, 1000
CASE = Case(
    id="PERF-010",
    title="what a thousand Services cost in memory and processor time",
    lab="l2",
    features=("performance", "layer2"),
    backend="echo",
    source="proc_pid_stat(5), proc_pid_status(5); catalogue PERF-010",
    checks=(ipam.assigned(60.0, at_least=FEW), latency.costs(FEW)),
    timeout_s=300,
)


def test_perf_010_costs_what_it_costs(world: World) -> None:
    """Look at the processes, announce many addresses, and look again."""
    count = int(world.long(FEW, MANY))
    world.apply("IPAddressPool", "L2Advertisement")
    for role in ("controller", "speaker"):
        world.faults.use(role, "before")
    world.create_services(count, writers=16)
    world.addresses(count, limit_s=60.0)
    world.hold("EndpointSlices, and the announcement", HOLD_S + count / 20)
    for role in ("controller", "speaker"):
        world.faults.use(role, "after")
