"""The resources lbkit reads or writes, each with its place in the API and the struct it is decoded into.

Pure.
"""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from lbkit.model import objects, status_objects
from lbkit.model.names import GROUP

S_co = TypeVar("S_co", bound=objects.Object, covariant=True)


@dataclass(frozen=True, slots=True)
class Resource(Generic[S_co]):
    """One resource of the API.

    Args:
        group: API group; empty for the core group.
        struct: what one object is decoded into.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    struct: type[S_co]

    @property
    def api_version(self) -> str:
        """`group/version`, or the bare version for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Give the URL path of the collection, of one object, or of its subresource.

        Args:
            namespace: empty for cluster-scoped resources, or for the collection over all namespaces.
            name: empty for the collection.
            subresource: `status` and the like.
        """
        parts = [f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"]
        if self.namespaced and namespace:
            parts.append(f"namespaces/{namespace}")
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/".join(parts)

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


SERVICES: Final = Resource("", "v1", "services", "Service", True, objects.Service)
NODES: Final = Resource("", "v1", "nodes", "Node", False, objects.Node)
NAMESPACES: Final = Resource("", "v1", "namespaces", "Namespace", False, objects.Namespace)
SECRETS: Final = Resource("", "v1", "secrets", "Secret", True, objects.Secret)
EVENTS: Final = Resource("", "v1", "events", "Event", True, objects.Object)
ENDPOINT_SLICES: Final = Resource(
    "discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", True, objects.EndpointSlice
)
SERVICE_CIDRS: Final = Resource("networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR", False, objects.ServiceCIDR)
LEASES: Final = Resource("coordination.k8s.io", "v1", "leases", "Lease", True, objects.Lease)

POOLS: Final = Resource(GROUP, "v1beta1", "ipaddresspools", "IPAddressPool", True, objects.Pool)
L2_ADVERTISEMENTS: Final = Resource(
    GROUP, "v1beta1", "l2advertisements", "L2Advertisement", True, objects.L2Advertisement
)
BGP_ADVERTISEMENTS: Final = Resource(
    GROUP, "v1beta1", "bgpadvertisements", "BGPAdvertisement", True, objects.BGPAdvertisement
)
BGP_PEERS: Final = Resource(GROUP, "v1beta2", "bgppeers", "BGPPeer", True, objects.BGPPeer)
BFD_PROFILES: Final = Resource(GROUP, "v1beta1", "bfdprofiles", "BFDProfile", True, objects.BFDProfile)
COMMUNITIES: Final = Resource(GROUP, "v1beta1", "communities", "Community", True, objects.Community)
CONFIGURATION_STATES: Final = Resource(
    GROUP, "v1beta1", "configurationstates", "ConfigurationState", True, status_objects.ConfigurationState
)
L2_STATUSES: Final = Resource(
    GROUP, "v1beta1", "servicel2statuses", "ServiceL2Status", True, status_objects.ServiceL2Status
)
BGP_STATUSES: Final = Resource(
    GROUP, "v1beta1", "servicebgpstatuses", "ServiceBGPStatus", True, status_objects.ServiceBGPStatus
)
BGP_SESSION_STATES: Final = Resource(
    GROUP, "v1beta1", "bgpsessionstates", "BGPSessionState", True, status_objects.BGPSessionState
)
