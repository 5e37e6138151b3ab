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


def pool(
    name: str, *addresses: str, labels: dict[str, str] | None = None, metadata_age: str = "", **spec: Json
) -> Json:
    """Give an IPAddressPool that the controller has judged to be fine."""
    verdict = {"type": "lbkit.io/Valid", "status": "True", "observedGeneration": 1, "message": "", "reason": "Valid"}
    status = {"conditions": [verdict], "assignedIPv4": 0, "assignedIPv6": 0, "availableIPv4": 9, "availableIPv6": 0}
    metadata: Json = {"generation": 1, "creationTimestamp": metadata_age} | ({"labels": labels} if labels else {})
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


def controller(*arguments: str, ready: int = 1, replicas: int = 1) -> Json:
    """Give the controller's Deployment."""
    return _workload("Deployment", "controller", arguments, {"replicas": replicas}, {"readyReplicas": ready})


def speaker(*arguments: str, ready: int = 3) -> Json:
    """Give the speakers' DaemonSet."""
    return _workload("DaemonSet", "speaker", arguments, {}, {"desiredNumberScheduled": 3, "numberReady": ready})


def _workload(kind: str, name: str, arguments: tuple[str, ...], spec: Json, status: Json) -> Json:
    container = {"name": name, "image": "lbkit/lbkit:dev", "args": [name, *arguments]}
    template = {"spec": {"containers": [container]}}
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"kind": kind, "metadata": metadata, "spec": {**spec, "template": template}, "status": status}


def pod(component: str, k8s_node: str, trouble: str = "") -> Json:
    """Give a pod of a component; `trouble` is why its container waits."""
    waiting = {"waiting": {"reason": trouble, "message": "back-off 10s restarting failed container"}}
    state = waiting if trouble else {"running": {}}
    return {
        "kind": "Pod",
        "metadata": {"name": f"{component}-{k8s_node}", "namespace": NAMESPACE, "labels": {"component": component}},
        "spec": {"nodeName": k8s_node},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "False" if trouble else "True"}],
            "containerStatuses": [{"name": component, "restartCount": 4 if trouble else 0, "state": state}],
        },
    }


def event(reason: str, message: str, host: str, at: str = "2026-01-01T00:00:00Z") -> Json:
    """Give an Event that a speaker wrote."""
    return {
        "kind": "Event",
        "metadata": {"name": f"web.{reason}.{host}", "namespace": "default"},
        "type": "Warning" if reason == "announceFailed" else "Normal",
        "reason": reason,
        "message": message,
        "source": {"component": "metallb-speaker", "host": host},
        "lastTimestamp": at,
    }


def session_state(k8s_node: str, name: str, **status: Json) -> Json:
    """Give what a speaker wrote of its session with a peer."""
    metadata = {"name": f"session-{k8s_node}-{name}", "namespace": NAMESPACE}
    return {"kind": "BGPSessionState", "metadata": metadata, "status": {"node": k8s_node, "bgpPeer": name, **status}}


def metrics(*announced: tuple[str, str], sessions: dict[str, bool] | None = None, engine: bool | None = None) -> str:
    """Give a speaker's metrics: (Service, protocol) pairs, and sessions by "address:port"."""
    lines = [
        f'metallb_speaker_announced{{ip="192.0.2.1",node="n",protocol="{protocol}",service="{key}"}} 1.0'
        for key, protocol in announced
    ]
    lines += [f'metallb_bgp_session_up{{peer="{peer}"}} {float(is_up)}' for peer, is_up in (sessions or {}).items()]
    lines += [] if engine is None else [f"lbkit_bgp_engine_up {float(engine)}"]
    return "\n".join(lines) + "\n"
