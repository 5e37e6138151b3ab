"""Wire shapes to views: the Kubernetes kinds. MetalLB's kinds are in `parse_config` and can be read from here too.

Parsing happens once, at the edge; behind it there are only addresses, enums and frozen values. A rule that needs
more than one object is not here but in `lbkit.model.config`.
Sources: Kubernetes API v1; KEP-1669 (serving while terminating); KEP-4858 (strict addresses).

Pure.
"""

from typing import Final

from lbkit.errors import InputError, Problem
from lbkit.model import objects, views
from lbkit.model.addresses import address, family, network
from lbkit.model.findings import Findings
from lbkit.model.names import ANNOTATION_PREFIXES, DRAIN, EXCLUDE_LABEL, REBALANCE
from lbkit.model.parse_config import (
    bfd_profile,
    bgp_advertisement,
    communities,
    l2_advertisement,
    peer,
    pool,
    secret_password,
)

__all__ = [
    "bfd_profile",
    "bgp_advertisement",
    "communities",
    "endpoint_slice",
    "l2_advertisement",
    "namespace",
    "node",
    "peer",
    "pool",
    "secret_password",
    "service",
    "service_cidr",
]

_SERVICE_NAME_LABEL: Final = "kubernetes.io/service-name"
_READ_ANNOTATIONS: Final = (*ANNOTATION_PREFIXES, "lbkit.io/")
_FAMILIES: Final[dict[str, views.Family]] = {"IPv4": 4, "IPv6": 6}
_FAMILY_POLICIES: Final[tuple[views.FamilyPolicy, ...]] = ("SingleStack", "PreferDualStack", "RequireDualStack")


def _key(metadata: objects.Metadata) -> views.Key:
    return views.Key(metadata.namespace, metadata.name)


def service(obj: objects.Service) -> views.Service:
    """Read a Service.

    Raises:
        InputError: a cluster address or a policy that is none; the API server lets neither through.
    """
    findings, meta, spec = Findings(), obj.metadata, obj.spec
    families_written = [_FAMILIES[name] for name in spec.ip_families or () if name in _FAMILIES]
    cluster_ips = findings.read_all("spec.clusterIPs", address, _cluster_ips(spec))
    policy = findings.read("spec.ipFamilyPolicy", _family_policy, spec.ip_family_policy or "SingleStack")
    findings.done()
    ingress, has_foreign = _ingress(obj.status.load_balancer)
    return views.Service(
        key=_key(meta),
        uid=meta.uid,
        resource_version=meta.resource_version,
        generation=meta.generation,
        is_load_balancer=spec.type == "LoadBalancer",
        load_balancer_class=spec.load_balancer_class or None,
        load_balancer_ip=spec.load_balancer_ip,
        cluster_ips=cluster_ips,
        ip_families=tuple(families_written) or tuple(family(ip) for ip in cluster_ips),
        ip_family_policy=policy or "SingleStack",
        external_traffic_policy="Local" if spec.external_traffic_policy == "Local" else "Cluster",
        ports=tuple(views.Port(port.protocol or "TCP", port.port) for port in spec.ports or ()),
        labels=meta.labels or {},
        annotations={
            name: value for name, value in (meta.annotations or {}).items() if name.startswith(_READ_ANNOTATIONS)
        },
        selector=",".join(f"{name}={value}" for name, value in sorted((spec.selector or {}).items())),
        ingress=ingress,
        foreign_ingress=has_foreign,
        conditions=tuple(_condition(condition) for condition in obj.status.conditions or ()),
        finalizers=meta.finalizers or (),
        is_deleting=bool(meta.deletion_timestamp),
        creation_timestamp=meta.creation_timestamp or "",
    )


def _family_policy(text: str) -> views.FamilyPolicy:
    for policy in _FAMILY_POLICIES:
        if text == policy:
            return policy
    raise InputError(Problem("", f'got "{text}", wanted {", ".join(_FAMILY_POLICIES)}'))


def _cluster_ips(spec: objects.ServiceSpec) -> tuple[str, ...]:
    """Headless Services say `None`; Services from before dual stack may have only the singular field."""
    written = spec.cluster_ips or ((spec.cluster_ip,) if spec.cluster_ip else ())
    return tuple(ip for ip in written if ip != "None")


def _ingress(status: objects.LoadBalancer) -> tuple[tuple[views.IPAddress, ...], bool]:
    """Split what another implementation may have written into addresses and a note that there was more."""
    findings = Findings()
    entries = status.ingress or ()
    addresses = findings.read_all("", address, (entry.ip for entry in entries if entry.ip))
    return addresses, len(addresses) != len(entries) or any(entry.hostname for entry in entries)


def _condition(condition: objects.Condition) -> views.Condition:
    return views.Condition(
        type=condition.type,
        status=condition.status,
        reason=condition.reason,
        message=condition.message,
        observed_generation=condition.observed_generation,
        last_transition_time=condition.last_transition_time or "",
    )


def endpoint_slice(obj: objects.EndpointSlice) -> views.EndpointSlice:
    """Read an EndpointSlice; one without the service-name label belongs to the Service with an empty name."""
    meta = obj.metadata
    return views.EndpointSlice(
        key=_key(meta),
        service=views.Key(meta.namespace, (meta.labels or {}).get(_SERVICE_NAME_LABEL, "")),
        endpoints=tuple(_endpoint(endpoint) for endpoint in obj.endpoints or ()),
    )


def _endpoint(obj: objects.Endpoint) -> views.Endpoint:
    # discovery/v1: "a nil value indicates an unknown state. In most cases consumers should interpret this unknown
    # state as ready"; `serving` "is identical to ready except that it is set regardless of terminating".
    is_ready = obj.conditions.ready is not False
    is_serving = is_ready if obj.conditions.serving is None else obj.conditions.serving
    return views.Endpoint(obj.node_name or "", is_ready=is_ready, is_serving=is_ready or is_serving)


def node(obj: objects.Node) -> views.Node:
    """Read a Node.

    Raises:
        InputError: an InternalIP or a pod network that is none.
    """
    findings, meta, spec = Findings(), obj.metadata, obj.spec
    status_by_type = {condition.type: condition.status for condition in obj.status.conditions or ()}
    internal = [entry.address for entry in obj.status.addresses or () if entry.type == "InternalIP"]
    pod_cidrs = spec.pod_cidrs or ((spec.pod_cidr,) if spec.pod_cidr else ())
    addresses = findings.read_all("status.addresses", address, internal)
    pod_networks = findings.read_all("spec.podCIDRs", network, pod_cidrs)
    findings.done()
    labels, annotations = meta.labels or {}, meta.annotations or {}
    return views.Node(
        name=meta.name,
        labels=labels,
        is_ready=status_by_type.get("Ready") == "True",
        is_network_unavailable=status_by_type.get("NetworkUnavailable") == "True",
        is_excluded=EXCLUDE_LABEL in labels,
        is_unschedulable=spec.unschedulable,
        addresses=addresses,
        pod_networks=pod_networks,
        is_draining=DRAIN in annotations,
        rebalance=annotations.get(REBALANCE, ""),
    )


def service_cidr(obj: objects.ServiceCIDR) -> tuple[views.IPNetwork, ...]:
    """Read a ServiceCIDR's networks.

    Raises:
        InputError: one that is none.
    """
    findings = Findings()
    networks = findings.read_all("spec.cidrs", network, obj.spec.cidrs or ())
    findings.done()
    return networks


def namespace(obj: objects.Namespace) -> views.Namespace:
    """Read a Namespace."""
    return views.Namespace(obj.metadata.name, obj.metadata.labels or {})
