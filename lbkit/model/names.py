"""The words lbkit shares with Kubernetes, with MetalLB and with its users, each written once.

Logs, events, conditions, metrics and tests all take their reasons from here, so that they use the same words.
Sources: MetalLB's API (group metallb.io), KEP-1959 (loadBalancerClass), Kubernetes
well-known labels.

Pure.
"""

from enum import StrEnum
from typing import Final

GROUP: Final = "metallb.io"

DEPRECATED_PREFIX: Final = "metallb.universe.tf/"
ANNOTATION_PREFIXES: Final = ("metallb.io/", DEPRECATED_PREFIX)
"""Newest first: where both spell the same request, the first wins."""

ADDRESS_POOL: Final = "address-pool"
LOAD_BALANCER_IPS: Final = "loadBalancerIPs"
ALLOW_SHARED_IP: Final = "allow-shared-ip"
SHARE_WITH_NAMESPACES: Final = "lbkit.io/share-with-namespaces"
"""On Services: namespaces whose Services may share the address, if they name this one's in turn; `*` for all."""
ALLOCATED_FROM_POOL: Final = "metallb.io/ip-allocated-from-pool"

FINALIZER: Final = "service.kubernetes.io/load-balancer-cleanup"
"""Kubernetes' own name for "an address of this Service is still out there" (KEP-980)."""
PLACED_FINALIZER: Final = "lbkit.io/placed-finalizer"
"""On Services: which finalizer is ours to take away. Without it the finalizer is another controller's."""

CONDITION_ALLOCATED: Final = "lbkit.io/Allocated"
CONDITION_ANNOUNCED: Final = "lbkit.io/Announced"
CONDITION_VALID: Final = "lbkit.io/Valid"
"""On IPAddressPools: whether the pool can be used beside the rest of the configuration."""

DRAIN: Final = "lbkit.io/drain"
"""On Nodes: the node gives its layer-2 addresses to others and takes none; the value is when that was asked for."""
REBALANCE: Final = "lbkit.io/rebalance"
"""On Nodes: with each new value the node offers its layer-2 addresses to those they suit better."""

EXCLUDE_LABEL: Final = "node.kubernetes.io/exclude-from-external-load-balancers"
HOSTNAME_LABEL: Final = "kubernetes.io/hostname"

DEFAULT_NAMESPACE: Final = "metallb-system"
"""MetalLB's namespace, so that its manifests apply unchanged."""


def names_in(text: str) -> frozenset[str]:
    """Read a list with commas; spaces and empty entries mean nothing."""
    return frozenset(filter(None, (part.strip() for part in text.split(","))))


class Reason(StrEnum):
    """Why a Service has no address, or why a node does not announce one (CamelCase, as conditions want it)."""

    # allocation
    ASSIGNED = "Assigned"
    NO_POOL_CONFIGURED = "NoPoolConfigured"
    NO_POOL_MATCHES = "NoPoolMatches"
    POOL_EXHAUSTED = "PoolExhausted"
    UNKNOWN_POOL = "UnknownPool"
    INVALID_REQUEST = "InvalidRequest"
    ADDRESS_OUTSIDE_POOLS = "AddressOutsidePools"
    ADDRESS_IN_USE = "AddressInUse"
    ADDRESS_RESERVED = "AddressReserved"
    ADDRESS_QUARANTINED = "AddressQuarantined"
    FAMILY_MISMATCH = "FamilyMismatch"
    POOL_NOT_ALLOWED = "PoolNotAllowed"
    NO_CLUSTER_IP = "NoClusterIP"
    # announcement
    ANNOUNCED = "Announced"
    NOT_LOAD_BALANCER = "NotLoadBalancer"
    NO_ADDRESS = "NoAddress"
    ADDRESS_NOT_IN_POOL = "AddressNotInPool"
    NO_ADVERTISEMENT = "NoMatchingAdvertisement"
    NODE_NOT_SELECTED = "NodeNotSelected"
    NODE_EXCLUDED = "NodeExcludedFromLoadBalancers"
    NODE_NETWORK_UNAVAILABLE = "NodeNetworkUnavailable"
    NODE_NOT_READY = "NodeNotReady"
    NODE_UNKNOWN = "NodeUnknown"
    NO_ENDPOINTS = "NoEndpoints"
    NO_LOCAL_ENDPOINTS = "NoLocalEndpoints"
    NO_INTERFACE = "NoMatchingInterface"
    NO_PEER = "NoMatchingPeer"
    NOT_OWNER = "NotOwner"
    ADDRESS_CONFLICT = "AddressConflict"
    UNKNOWN_COMMUNITY = "UnknownCommunity"
    CONFLICTING_ADVERTISEMENTS = "ConflictingAdvertisements"
    ENGINE_UNAVAILABLE = "BGPEngineUnavailable"
