"""DP-013: connections on which hardly anything is said last, while nothing happens.

They are held for half a minute and speak every quarter, or under --slow for an hour and speak every half hour. The
pods' kernels send keepalives (Go has them do so every 15 s), as do most servers'.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import backends, ipam
from conformance.suite.serving import served
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

FLOWS, REQUESTS = 20, 3
SHORT_S, LONG_S = 30.0, 3600.0
CASE = Case(
    id="DP-013",
    title="idle connections are not broken while nothing happens",
    lab="l2",
    elsewhere=("bgp",),
    features=("datapath",),
    backend="echo",
    source="RFC 9293 section 3.8.4 (idle connections, keep-alives); catalogue DP-013",
    checks=(ipam.assigned(ASSIGN_S), backends.outlasts(FLOWS, REQUESTS, for_s=SHORT_S)),
    timeout_s=LONG_S + 180,
)


def test_dp_013_keeps_idle_connections(world: World) -> None:
    """Make a request on each connection, another one in the middle of the time, and one at its end."""
    (address,) = served(world)
    pause_s = (world.long(SHORT_S, LONG_S) + 1) / (REQUESTS - 1)
    world.traffic.flows(address, FLOWS, requests=REQUESTS, pause_s=pause_s)
