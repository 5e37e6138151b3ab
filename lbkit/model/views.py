"""The least we need of each Kubernetes object, parsed once at the edge and compared by value.

A view holds no dict to dig in and no string where an address can stand. `lbkit.model.parse` makes them from the
wire shapes of `lbkit.model.objects`; nothing else in lbkit reads raw objects.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Literal, NamedTuple, TypeAlias

from lbkit.model.selectors import Selector

IPAddress: TypeAlias = IPv4Address | IPv6Address
IPNetwork: TypeAlias = IPv4Network | IPv6Network
Family: TypeAlias = Literal[4, 6]
Policy: TypeAlias = Literal["Cluster", "Local"]
FamilyPolicy: TypeAlias = Literal["SingleStack", "PreferDualStack", "RequireDualStack"]


class Key(NamedTuple):
    """Namespace and name of a namespaced object; prints as `namespace/name`."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Port(NamedTuple):
    """One Service port: protocol in API spelling (`TCP`, `UDP`, `SCTP`) and number."""

    protocol: str
    number: int


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of `status.conditions` (metav1.Condition), times left as the API's own strings."""

    type: str
    status: str
    reason: str
    message: str
    observed_generation: int = 0
    last_transition_time: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A Service as allocation and announcement see it.

    Args:
        cluster_ips: in the order of `spec.clusterIPs`; empty for headless Services.
        ip_families: in the order of `spec.ipFamilies`; the first is the primary family.
        annotations: only those with a prefix that lbkit reads (`metallb.io/`, `metallb.universe.tf/`, `lbkit.io/`).
        ingress: every IP of `status.loadBalancer.ingress`, in order.
        foreign_ingress: whether `status.loadBalancer.ingress` holds anything that is no plain IP (a host name).
        selector: `spec.selector` as sorted `key=value,…`; empty for Services without one.
        conditions: all of `status.conditions`, ours and others'.
    """

    key: Key
    uid: str
    resource_version: str
    generation: int
    is_load_balancer: bool
    load_balancer_class: str | None
    load_balancer_ip: str
    cluster_ips: tuple[IPAddress, ...]
    ip_families: tuple[Family, ...]
    ip_family_policy: FamilyPolicy
    external_traffic_policy: Policy
    ports: tuple[Port, ...]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    selector: str
    ingress: tuple[IPAddress, ...]
    foreign_ingress: bool
    conditions: tuple[Condition, ...]
    finalizers: tuple[str, ...] = ()
    is_deleting: bool = False
    creation_timestamp: str = ""

    @property
    def wants_address(self) -> bool:
        """Whether it is a load balancer and stays one: who deletes a Service wants its address back at once."""
        return self.is_load_balancer and not self.is_deleting


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of a slice: where it runs and whether it takes traffic (ready, or serving while terminating)."""

    k8s_node: str
    is_ready: bool
    is_serving: bool


@dataclass(frozen=True, slots=True)
class EndpointSlice:
    """The endpoints of one slice; `service` is the Service it belongs to."""

    key: Key
    service: Key
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A Kubernetes node as candidate for announcing.

    Args:
        is_ready: condition Ready is True.
        is_network_unavailable: condition NetworkUnavailable is True.
        is_excluded: carries the label `node.kubernetes.io/exclude-from-external-load-balancers`, whatever its value.
        addresses: InternalIP addresses, in the order of the status.
        pod_networks: `spec.podCIDRs`.
        is_draining: has the annotation `lbkit.io/drain`.
        rebalance: value of the annotation `lbkit.io/rebalance`; empty for none.
    """

    name: str
    labels: Mapping[str, str]
    is_ready: bool
    is_network_unavailable: bool
    is_excluded: bool
    is_unschedulable: bool = False
    addresses: tuple[IPAddress, ...] = ()
    pod_networks: tuple[IPNetwork, ...] = ()
    is_draining: bool = False
    rebalance: str = ""


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace and its labels (for `serviceAllocation.namespaceSelectors`)."""

    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Range:
    """First to last address of one family, both included. A CIDR is a range whose host bits were masked off."""

    first: IPAddress
    last: IPAddress

    @property
    def family(self) -> Family:
        """4 or 6."""
        return 4 if isinstance(self.first, IPv4Address) else 6

    @property
    def size(self) -> int:
        """How many addresses it holds."""
        return int(self.last) - int(self.first) + 1

    def __contains__(self, address: object) -> bool:
        return type(address) is type(self.first) and self.first <= address <= self.last  # type: ignore[operator]  # same family: just tested

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class ServiceAllocation:
    """`spec.serviceAllocation`: whom a pool is for. Empty selectors restrict nothing; `priority` 0 comes last."""

    priority: int = 0
    namespaces: frozenset[str] = frozenset()
    namespace_selectors: tuple[Selector, ...] = ()
    service_selectors: tuple[Selector, ...] = ()


@dataclass(frozen=True, slots=True)
class Reservation:
    """Addresses kept for one Service (`lbkit.io/reserved`).

    Args:
        namespace: of the Service; empty for nobody.
        name: of the Service; `*` for all of the namespace.
    """

    range: Range
    namespace: str = ""
    name: str = ""

    def is_for(self, service: Key) -> bool:
        """Whether a Service may have them."""
        return bool(self.namespace) and service.namespace == self.namespace and self.name in {"*", service.name}

    def __str__(self) -> str:
        what = str(self.range.first) if self.range.size == 1 else str(self.range)
        return f"{what} (reserved for {self.holder})"

    @property
    def holder(self) -> str:
        """Whom they are for, in words."""
        return f"{self.namespace}/{self.name}" if self.namespace else "nobody"


@dataclass(frozen=True, slots=True)
class Pool:
    """An IPAddressPool (metallb.io/v1beta1); `ranges` in the order written.

    Args:
        sharing_namespaces: whose Services may share an address across namespaces; `*` for all, empty for none.
        has_finalizer: whether Services with an address of this pool are held by a finalizer.
        creation_timestamp: RFC 3339; of two pools that clash, the younger one is to blame.
        quarantine_s: how long an address that was given back rests before another Service may have it.
        reservations: within `ranges`, without overlaps.
    """

    name: str
    labels: Mapping[str, str]
    ranges: tuple[Range, ...]
    auto_assign: bool = True
    avoid_buggy_ips: bool = False
    service_allocation: ServiceAllocation | None = None
    sharing_namespaces: frozenset[str] = frozenset()
    has_finalizer: bool = False
    creation_timestamp: str = ""
    quarantine_s: int = 0
    reservations: tuple[Reservation, ...] = ()


@dataclass(frozen=True, slots=True)
class PoolChoice:
    """Which pools an advertisement means: names, or selectors, or (both empty) all."""

    names: frozenset[str] = frozenset()
    selectors: tuple[Selector, ...] = ()

    def matches(self, pool: Pool) -> bool:
        """Whether `pool` is meant; names and selectors are a union."""
        if not self.names and not self.selectors:
            return True
        return pool.name in self.names or any(selector.matches(pool.labels) for selector in self.selectors)


@dataclass(frozen=True, slots=True)
class L2Advertisement:
    """An L2Advertisement (metallb.io/v1beta1). Empty selectors and interfaces mean all."""

    name: str
    pools: PoolChoice = PoolChoice()
    node_selectors: tuple[Selector, ...] = ()
    service_selectors: tuple[Selector, ...] = ()
    interfaces: frozenset[str] = frozenset()
    preferred_nodes: tuple[tuple[int, Selector], ...] = ()


@dataclass(frozen=True, slots=True)
class BGPAdvertisement:
    """A BGPAdvertisement (metallb.io/v1beta1).

    Args:
        communities: still names or values as written.
        is_weighted: whether paths say how many endpoints are behind them (`lbkit.io/weighted-ecmp`).
    """

    name: str
    pools: PoolChoice = PoolChoice()
    node_selectors: tuple[Selector, ...] = ()
    service_selectors: tuple[Selector, ...] = ()
    peers: frozenset[str] = frozenset()
    aggregation_length: int = 32
    aggregation_length_v6: int = 128
    local_pref: int = 0
    communities: tuple[str, ...] = ()
    is_weighted: bool = False


@dataclass(frozen=True, slots=True)
class Peer:
    """A BGPPeer (metallb.io/v1beta2). Times in seconds; None means the engine's default.

    Args:
        dynamic_asn: `internal`, `external` or empty (then `peer_asn` is set).
        password_secret: name of the Secret in the pool namespace; empty for none.
    """

    name: str
    my_asn: int
    peer_asn: int
    address: IPAddress | None = None
    interface: str = ""
    dynamic_asn: str = ""
    local_asn: int = 0
    port: int = 179
    source_address: IPAddress | None = None
    hold_time_s: int | None = None
    keepalive_time_s: int | None = None
    connect_time_s: int | None = None
    router_id: IPv4Address | None = None
    node_selectors: tuple[Selector, ...] = ()
    password: str = field(default="", repr=False)
    password_secret: str = ""
    bfd_profile: str = ""
    ebgp_multihop: bool = False
    enable_graceful_restart: bool = False
    vrf: str = ""
    dual_stack_address_family: bool = False


@dataclass(frozen=True, slots=True)
class BFDProfile:
    """A BFDProfile (metallb.io/v1beta1); intervals in milliseconds (RFC 5880 section 4.1), None = default."""

    name: str
    receive_interval_ms: int | None = None
    transmit_interval_ms: int | None = None
    detect_multiplier: int | None = None
    echo_interval_ms: int | None = None
    echo_mode: bool = False
    passive_mode: bool = False
    minimum_ttl: int | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """Everything an operator configured, valid as a whole; each tuple sorted by name."""

    pools: tuple[Pool, ...] = ()
    l2_advertisements: tuple[L2Advertisement, ...] = ()
    bgp_advertisements: tuple[BGPAdvertisement, ...] = ()
    peers: tuple[Peer, ...] = ()
    bfd_profiles: tuple[BFDProfile, ...] = ()
    communities: Mapping[str, str] = field(default_factory=dict)

    def pool_of(self, address: IPAddress) -> Pool | None:
        """The pool that holds `address`; pools do not overlap, so there is at most one."""
        for pool in self.pools:
            if any(address in piece for piece in pool.ranges):
                return pool
        return None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a decision may know, at one instant.

    Args:
        services: by key, only those of our loadBalancerClass.
        slices: endpoint slices by the Service they belong to.
    """

    config: Config
    services: Mapping[Key, Service]
    slices: Mapping[Key, tuple[EndpointSlice, ...]]
    nodes: Mapping[str, Node]
    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
