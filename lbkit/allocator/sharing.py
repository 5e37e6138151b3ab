"""When two Services may have one address.

Same non-empty key, no port in common, and the same back ends where the back ends decide which nodes announce
(externalTrafficPolicy Local). MetalLB knows no more rules, so that any tenant who guesses a key can join an address;
here Services of two namespaces share only where the pool's operator allows it for both, or each of the two Services
names the other's namespace.
Source: MetalLB `allow-shared-ip`; Cilium LB-IPAM `lb-ipam-ips-sharing-cross-namespace`.

Pure.
"""

from collections.abc import Set
from dataclasses import dataclass

from lbkit.allocator.request import Request
from lbkit.model import names
from lbkit.model.names import names_in
from lbkit.model.views import Key, Port, Service

EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class Claim:
    """A Service's hold on an address, and what decides whether others may hold it too.

    Args:
        backend: the pod selector under externalTrafficPolicy Local, else empty.
        partners: namespaces whose Services may join; `*` for all.
    """

    service: Key
    sharing_key: str
    backend: str
    ports: frozenset[Port]
    partners: frozenset[str] = frozenset()

    def admits(self, namespace: str) -> bool:
        """Whether Services of a namespace may join, as far as this one is asked."""
        return namespace in self.partners or EVERYBODY in self.partners


def claim(service: Service, request: Request) -> Claim:
    """Give the claim a Service lays to whatever address it gets."""
    return Claim(
        service=service.key,
        sharing_key=request.sharing_key,
        backend=service.selector if service.external_traffic_policy == "Local" else "",
        ports=frozenset(service.ports),
        partners=names_in(service.annotations.get(names.SHARE_WITH_NAMESPACES, "")),
    )


def refusal(one: Claim, other: Claim, sharing_namespaces: Set[str]) -> str:
    """Say why `one` may not hold an address together with `other`.

    Args:
        one: who asks.
        other: who holds.
        sharing_namespaces: the pool's permission (`Pool.sharing_namespaces`).

    Returns:
        The reason in words; empty if they may share (or are one).
    """
    if one.service == other.service:
        return ""
    if not one.sharing_key or one.sharing_key != other.sharing_key:
        return f"address also in use by {other.service}, which has another sharing key or none"
    if both := sorted(one.ports & other.ports):
        return f"port {both[0].protocol}/{both[0].number} is already in use by {other.service}"
    if one.backend != other.backend:
        return f"address also in use by {other.service}, whose pods differ (externalTrafficPolicy Local)"
    namespaces = {one.service.namespace, other.service.namespace}
    if len(namespaces) == 1 or EVERYBODY in sharing_namespaces or namespaces <= sharing_namespaces:
        return ""
    if one.admits(other.service.namespace) and other.admits(one.service.namespace):
        return ""
    return f"address also in use by {other.service}, and sharing between these namespaces is not allowed"
