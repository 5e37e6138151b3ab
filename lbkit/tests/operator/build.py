"""Objects as the API server has them, with only what a test speaks of.

Pure.
"""

from typing import Any

Json = Any  # JSON
NAMESPACE = "metallb-system"


def obj(kind: str, name: str, spec: Json = None, *, namespace: str = NAMESPACE, **more: Json) -> Json:
    """Give an object of a configuration kind."""
    version = "v1beta2" if kind == "BGPPeer" else "v1beta1"
    metadata = {"name": name, "namespace": namespace, **more.pop("metadata", {})}
    return {"apiVersion": f"metallb.io/{version}", "kind": kind, "metadata": metadata, "spec": spec or {}, **more}


def pool(name: str, *addresses: str, labels: dict[str, str] | None = None, **spec: Json) -> Json:
    """Give an IPAddressPool that the controller has judged to be fine."""
    verdict = {"type": "lbkit.io/Valid", "status": "True", "observedGeneration": 1, "message": "", "reason": "Valid"}
    status = {"conditions": [verdict], "assignedIPv4": 0, "assignedIPv6": 0, "availableIPv4": 9, "availableIPv6": 0}
    metadata = {"generation": 1} | ({"labels": labels} if labels else {})
    return obj("IPAddressPool", name, {"addresses": list(addresses), **spec}, metadata=metadata, status=status)


def l2(name: str, **spec: Json) -> Json:
    """Give an L2Advertisement."""
    return obj("L2Advertisement", name, spec)


def bgp(name: str, **spec: Json) -> Json:
    """Give a BGPAdvertisement."""
    return obj("BGPAdvertisement", name, spec)


def peer(name: str, address: str, **spec: Json) -> Json:
    """Give a BGPPeer."""
    return obj("BGPPeer", name, {"myASN": 64512, "peerASN": 64513, "peerAddress": address, **spec})


def profile(name: str, **spec: Json) -> Json:
    """Give a BFDProfile."""
    return obj("BFDProfile", name, spec)


def node(
    name: str, address: str = "", *, labels: dict[str, str] | None = None, ready: bool = True, pods: str = ""
) -> Json:
    """Give a Node."""
    addresses = [{"type": "InternalIP", "address": address}] if address else []
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    return {
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}},
        "spec": {"podCIDRs": [pods]} if pods else {},
        "status": {"addresses": addresses, "conditions": conditions},
    }


def service(
    name: str,
    *ips: str,
    namespace: str = "default",
    annotations: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
    conditions: list[Json] | None = None,
    **spec: Json,
) -> Json:
    """Give a Service of type LoadBalancer with one port, and with these addresses."""
    body = {
        "type": "LoadBalancer",
        "clusterIPs": ["10.96.0.10"],
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "externalTrafficPolicy": "Cluster",
        "ports": [{"port": 80, "protocol": "TCP"}],
        "selector": {"app": name},
    }
    metadata: Json = {"name": name, "namespace": namespace, "uid": f"uid-{name}"}
    if annotations:
        metadata["annotations"] = annotations
    if labels:
        metadata["labels"] = labels
    status: Json = {"loadBalancer": {"ingress": [{"ip": ip} for ip in ips]} if ips else {}}
    if conditions:
        status["conditions"] = conditions
    return {"kind": "Service", "metadata": metadata, "spec": {**body, **spec}, "status": status}


def endpoints(name: str, *nodes: str, namespace: str = "default", ready: bool = True) -> Json:
    """Give an EndpointSlice with an endpoint on each of these nodes."""
    return {
        "kind": "EndpointSlice",
        "metadata": {"name": f"{name}-1", "namespace": namespace, "labels": {"kubernetes.io/service-name": name}},
        "endpoints": [{"nodeName": each, "conditions": {"ready": ready, "serving": ready}} for each in nodes],
    }
