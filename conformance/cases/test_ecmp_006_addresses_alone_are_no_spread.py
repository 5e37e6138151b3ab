"""ECMP-006: a router that hashes addresses alone sends one client to one node, and many clients to all.

That is Linux's default, and the usual mistake of a lab: a single client then meets a single node.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ecmp, ipam
from conformance.suite.facts import CLIENT, unused
from conformance.suite.spreading import converged
from conformance.suite.waits import ASSIGN_S
from conformance.suite.world import World

FLOWS, CLIENTS = 200, 200
CASE = Case(
    id="ECMP-006",
    title="with a hash of addresses alone one client meets one node, and 200 clients are spread",
    lab="bgp",
    features=("ecmp", "l3hash"),
    backend="echo",
    source="Linux ip-sysctl, fib_multipath_hash_policy 0; catalogue ECMP-006",
    checks=(ipam.assigned(ASSIGN_S), ecmp.by_client(CLIENTS, FLOWS)),
    requires=("ECMP-000",),
    timeout_s=240,
)


def test_ecmp_006_addresses_alone_are_no_spread(world: World) -> None:
    """Let the routers look at addresses alone; send 200 flows from one address, then 600 from 200."""
    client = world.lab.with_role(CLIENT)[0].name
    clients = unused(world.lab, client, CLIENTS)
    address = converged(world)
    world.routers.faults.hash_by_addresses()
    world.routers.faults.add_clients(client, clients)
    world.traffic.flows(address, FLOWS)
    world.traffic.flows_from(clients, address, 3 * CLIENTS)
