"""IPAM-020: a pool for a namespace serves that namespace, and no other one, whatever its Services ask for.

The case's own namespace is in one pool and outside of the other (which is for kube-public, where no Service is).
The pool that is open holds one address, so that the second Service is served from the closed one or not at all.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam, pending
from conformance.suite.waits import ASSIGN_S, HOLD_S
from conformance.suite.world import World

OUTSIDE = ("unasked", "by-pool", "by-address")
CASE = Case(
    id="IPAM-020",
    title="a pool serves the namespaces it is for, and refuses requests from others",
    lab="l2",
    elsewhere=("bgp",),
    features=("allocation", "namespaces", "static-ip"),
    source="MetalLB API, IPAddressPool spec.serviceAllocation.namespaces; https://metallb.io/apis/#ipaddresspool",
    checks=(
        pending.never_given(*OUTSIDE, for_s=HOLD_S),
        pending.explained(*OUTSIDE),
        ipam.assigned(ASSIGN_S, only=("inside",)),
        choice.open_pool(),
    ),
)


def test_ipam_020_keeps_pools_to_their_namespaces(world: World) -> None:
    """Use the open pool up, then ask for the closed one: not at all, by its name, and by one of its addresses."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("inside")
    world.address()
    world.services(*OUTSIDE)
    world.hold("the Services outside", HOLD_S + 1)
    world.events()
