"""The kinds that lbkit writes and people read: MetalLB's status objects, as they are on the wire.

Source: MetalLB's API metallb.io/v1beta1; frr-k8s's BGPSessionState (frrk8s.metallb.io/v1beta1).

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import field

from lbkit.model.objects import Condition, Object, Wire


class ConfigurationStateStatus(Wire, frozen=True):
    """ConfigurationState `status`."""

    result: str = ""
    error_summary: str = ""
    conditions: tuple[Condition, ...] | None = None


class ConfigurationState(Object, frozen=True):
    """metallb.io/v1beta1 ConfigurationState: whether one component uses the configuration as it stands."""

    status: ConfigurationStateStatus | None = None


class InterfaceName(Wire, frozen=True):
    """ServiceL2Status `status.interfaces[]`."""

    name: str = ""


class ServiceL2StatusStatus(Wire, frozen=True):
    """ServiceL2Status `status`."""

    node: str = ""
    service_name: str = ""
    service_namespace: str = ""
    interfaces: tuple[InterfaceName, ...] | None = None


class ServiceL2Status(Object, frozen=True):
    """metallb.io/v1beta1 ServiceL2Status: which node announces a Service."""

    status: ServiceL2StatusStatus = ServiceL2StatusStatus()


class ServiceBGPStatusStatus(Wire, frozen=True):
    """ServiceBGPStatus `status`."""

    node: str = ""
    service_name: str = ""
    service_namespace: str = ""
    peers: tuple[str, ...] | None = None


class ServiceBGPStatus(Object, frozen=True):
    """metallb.io/v1beta1 ServiceBGPStatus: to which peers a node advertises a Service."""

    status: ServiceBGPStatusStatus = ServiceBGPStatusStatus()


class BGPSessionStateStatus(Wire, frozen=True):
    """BGPSessionState `status`. The first five fields are frr-k8s's, the others lbkit's.

    Args:
        peer: the router's address, or the interface where it is not known.
        bgp_peer: name of the BGPPeer.
        since: when the session came up or went down; empty where it never did.
        reason: why there is no session, or none as written; empty where there is one.
        last_error: why it went down last, in the RFCs' words.
    """

    node: str = ""
    peer: str = ""
    vrf: str = ""
    bgp_status: str = field(name="bgpStatus", default="")
    bfd_status: str = field(name="bfdStatus", default="")
    bgp_peer: str = field(name="bgpPeer", default="")
    reason: str = ""
    since: str = ""
    peer_asn: int = field(name="peerASN", default=0)
    peer_router_id: str = field(name="peerRouterID", default="")
    hold_time_seconds: int = 0
    keepalive_time_seconds: int = 0
    advertised_prefixes: int = 0
    flaps: int = 0
    last_error: str = ""
    last_error_time: str = ""


class BGPSessionState(Object, frozen=True):
    """metallb.io/v1beta1 BGPSessionState: how the session of one node with one peer is."""

    status: BGPSessionStateStatus = BGPSessionStateStatus()


@dataclass(frozen=True, slots=True)
class Wanted:
    """One status object as it should be.

    Args:
        labels: besides the node's.
        status: whole.
    """

    labels: Mapping[str, str]
    status: Wire
