"""The Kubernetes cluster of a lab, as kind will make it: its containers and its networks.

containerlab wires the containers of a cluster as nodes of their own, so their names must be what kind calls them.
Source: kind v1alpha4 configuration; kind pkg/cluster/internal/providers/common/namer.go (the first of a role has no
number); defaults of pod and Service networks from its config/defaults.

Pure.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from lbkit.lab.documents import items, mapping
from lbkit.model.addresses import network
from lbkit.model.findings import Findings
from lbkit.model.views import IPNetwork

_API_VERSION: Final = "kind.x-k8s.io/v1alpha4"
_ROLES: Final = ("control-plane", "worker")
_POD_NETWORK: Final = "10.244.0.0/16"
_SERVICE_NETWORK: Final = "10.96.0.0/16"


@dataclass(frozen=True, slots=True)
class Cluster:
    """One kind cluster.

    Args:
        name: the cluster's name for kind, which is the lab node's.
        containers: its nodes, each of the same name in Docker and in Kubernetes, in the order of the configuration.
        kubeconfig: where containerlab writes it, relative to the topology file; empty where kind writes to its
            user's own file.
    """

    name: str
    containers: tuple[str, ...]
    pod_networks: tuple[IPNetwork, ...]
    service_networks: tuple[IPNetwork, ...]
    kubeconfig: str = ""


def read(findings: Findings, path: str, name: str, document: object, kubeconfig: str) -> Cluster:
    """Read a kind configuration.

    Args:
        findings: gets what is wrong, under `path`.
        path: name of the file.
        name: of the cluster.
        document: the parsed YAML; None for kind's own default, one control plane.
        kubeconfig: see `Cluster`.
    """
    written = mapping(document)
    if document is not None and (written.get("kind"), written.get("apiVersion")) != ("Cluster", _API_VERSION):
        findings.add(path, f"is no kind configuration; wanted kind: Cluster, apiVersion: {_API_VERSION}")
    nodes = items(written.get("nodes")) or [{"role": "control-plane"}]
    networking = mapping(written.get("networking"))
    return Cluster(
        name=name,
        containers=tuple(_containers(findings, f"{path}: nodes", name, nodes)),
        pod_networks=_networks(findings, f"{path}: networking.podSubnet", networking.get("podSubnet", _POD_NETWORK)),
        service_networks=_networks(
            findings, f"{path}: networking.serviceSubnet", networking.get("serviceSubnet", _SERVICE_NETWORK)
        ),
        kubeconfig=kubeconfig,
    )


def _networks(findings: Findings, path: str, text: str) -> tuple[IPNetwork, ...]:
    return findings.read_all(path, network, str(text).split(","))


def _containers(findings: Findings, path: str, cluster: str, nodes: Iterable[object]) -> Iterable[str]:
    seen: Counter[str] = Counter()
    for index, node in enumerate(nodes):
        role = mapping(node).get("role", "control-plane")
        if role not in _ROLES:
            findings.add(f"{path}[{index}].role", f"got {role!r}, wanted {' or '.join(_ROLES)}")
            continue
        seen[role] += 1
        yield f"{cluster}-{role}{seen[role] if seen[role] > 1 else ''}"
    if seen["control-plane"] > 1:
        # kind puts a load balancer container before several control planes, which needs one more image.
        findings.add(path, f"got {seen['control-plane']} control planes, wanted one")
