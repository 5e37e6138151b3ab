"""API-016: an SCTP port works, or the user is told that it does not; it never fails in silence.

The backend is a program on a node that answers INITs over a raw socket, so no kernel with SCTP is needed; it is asked
directly too, as a control.

Shell: the world's.
"""

from conformance.suite import seen
from conformance.suite.case import Case
from conformance.suite.checks import ipam, protocols
from conformance.suite.waits import ASSIGN_S, KUBE_PROXY_S, patience
from conformance.suite.world import World

CASE = Case(
    id="API-016",
    title="an SCTP port is served, or it is said that it is not",
    lab="l2",
    features=("api", "sctp"),
    source="KEP-1435: ports[].error for ports the load balancer cannot serve; RFC 9260 section 5.1",
    checks=(protocols.sctp_served_or_said("sctp", control="backend"), ipam.in_pool()),
)


def test_api_016_is_honest_about_sctp(world: World) -> None:
    """Ask the backend, then the Service's address if it has one, for SCTP associations."""
    node = world.lab.eligible[-1]
    backend = world.sctp.answer(node, 5000)
    world.sctp.ask("backend", backend, 5000, times=3)
    world.apply("IPAddressPool", "L2Advertisement")
    world.apply("EndpointSlice", "Service", address=str(backend), node=node)
    found = world.wait("an address", lambda history: seen.addresses(history) or None, patience(ASSIGN_S))
    world.hold("kube-proxy's rules", KUBE_PROXY_S)
    for address in found or ():
        world.sctp.ask("sctp", address, 80, times=10)
    world.events()
