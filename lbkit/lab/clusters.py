"""The Kubernetes cluster of a lab, as kind will make it: its containers and its networks.

containerlab wires the containers of a cluster as nodes of their own, so their names must be what kind calls them.
Source: kind v1alpha4 configuration; kind pkg/cluster/internal/providers/common/namer.go (the first of a role has no
number); families and their default networks from its pkg/internal/apis/config/default.go.

Pure.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from lbkit.lab.documents import items, mapping
from lbkit.model.addresses import network
from lbkit.model.findings import Findings
from lbkit.model.views import Family, IPNetwork

_API_VERSION: Final = "kind.x-k8s.io/v1alpha4"
_ROLES: Final = ("control-plane", "worker")
_POD_NETWORKS: Final = {4: "10.244.0.0/16", 6: "fd00:10:244::/56"}
_SERVICE_NETWORKS: Final = {4: "10.96.0.0/16", 6: "fd00:10:96::/112"}
_FAMILIES: Final[dict[str, tuple[Family, ...]]] = {"ipv4": (4,), "ipv6": (6,), "dual": (4, 6)}
"""kind's word -> the families of pods and Services, the primary one first where it is kind's own default."""


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
        pod_networks=_networks(findings, path, networking, "podSubnet", _POD_NETWORKS),
        service_networks=_networks(findings, path, networking, "serviceSubnet", _SERVICE_NETWORKS),
        kubeconfig=kubeconfig,
    )


def _networks(
    findings: Findings, path: str, networking: Mapping[str, object], key: str, by_default: Mapping[int, str]
) -> tuple[IPNetwork, ...]:
    word = str(networking.get("ipFamily", "ipv4"))
    if word not in _FAMILIES:
        findings.add(f"{path}: networking.ipFamily", f"got {word!r}, wanted one of {', '.join(_FAMILIES)}")
        return ()
    wanted = _FAMILIES[word]
    text = str(networking.get(key, ",".join(by_default[family] for family in wanted)))
    found = findings.read_all(f"{path}: networking.{key}", network, text.split(","))
    if sorted(item.version for item in found) != list(wanted):
        families = " and ".join(f"IPv{family}" for family in wanted)
        findings.add(f"{path}: networking.{key}", f"got {text}, wanted one network of {families} for ipFamily {word}")
    return found


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
