"""IPAM-030: over 500 random operations no address is on two Services or from outside the pool, at any watch event.

Services come, go, ask for addresses, change their type, and the controller is killed twice and renewed twice; at rest
as many are served as can be. A run is repeated with `--seed`, which its history tells.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import churn as checks
from conformance.suite.checks import ipam, restart
from conformance.suite.churn import Verb, perform, sequence
from conformance.suite.waits import ASSIGN_S, WITHDRAW_S
from conformance.suite.world import World

OPERATIONS = 500
ENDS = (Verb.KILL, Verb.RENEW, Verb.KILL, Verb.RENEW)
POOL, RANGE, SERVICES = 20, 24, 40
"""Addresses of the pool, those that are asked for, and about how many Services there are at a time."""
REST_S = ASSIGN_S + WITHDRAW_S
CASE = Case(
    id="IPAM-030",
    title="500 random operations never give an address twice, and at rest all are served that can be",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation",),
    source="Kubernetes API, Service status.loadBalancer; catalogue IPAM-030 (invariants of IPAM-002 and IPAM-003)",
    checks=(
        ipam.unique(at_least=POOL),
        ipam.in_pool(),
        checks.at_rest(OPERATIONS - len(ENDS), REST_S),
        restart.restarted("controller", times=2),
    ),
    timeout_s=300,
)


def test_ipam_030_holds_over_a_random_run(world: World) -> None:
    """Perform the run as fast as the API server allows, wait until all have rested, and go on watching."""
    world.apply("IPAddressPool")
    asks = "static-ip" in world.claimed
    run = sequence(world.seed, OPERATIONS, about=SERVICES, addresses=RANGE, ends=ENDS, asks=asks)
    perform(world, run, "metallb.io/loadBalancerIPs")
    world.wait("rest", lambda history: not checks.waiting(history) or None, REST_S)
    world.hold("the Services at rest", 3)
