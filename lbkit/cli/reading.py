"""Reads what is to be known of a cluster in order to explain it; what cannot be read is said, and the rest goes on.

Metrics come through the API server's proxy, so that nothing but the kubeconfig is needed.

Shell: the API server.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from lbkit.cli.api import AT_ONCE, Api, attempt
from lbkit.errors import LbkitError, MissingError
from lbkit.kube.errors import Forbidden
from lbkit.model.views import Key
from lbkit.operator.cluster import Cluster, assemble, no_secret
from lbkit.operator.components import SPEAKER
from lbkit.operator.fields import Json, found
from lbkit.operator.inventory import BGP_SESSION_STATE, CONFIGURATION, SERVICE_CIDR, key_of
from lbkit.operator.text import some

METRICS_PORT: Final = 9120
"""lbkit's default, and MetalLB's since 0.16 (which serves them by TLS, to who proves himself)."""

_LABELS: Final = "app=metallb"
"""On every pod of an installation, MetalLB's too."""

_OF_THE_NAMESPACE: Final = (
    *CONFIGURATION,
    "Deployment",
    "DaemonSet",
    "Lease",
    "ServiceL2Status",
    "ServiceBGPStatus",
    BGP_SESSION_STATE,
    "ConfigurationState",
)
_OF_THE_CLUSTER: Final = ("Service", "Node", "Namespace")
_OPTIONAL: Final = frozenset(
    {SERVICE_CIDR, "ServiceL2Status", "ServiceBGPStatus", BGP_SESSION_STATE, "ConfigurationState"}
)
"""Kinds that older clusters, or older installations, do not know."""


@dataclass(slots=True)
class _Found:
    """What came of reading."""

    items: list[Json] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    unread: list[str] = field(default_factory=list)


def read_cluster(api: Api, namespace: str, service: Key | None = None) -> Cluster:
    """Read a cluster.

    Args:
        api: the cluster.
        namespace: of the configuration and the components.
        service: the one Service to explain, with its Events; None for all, without.

    Raises:
        TargetError: the API server does not answer.
    """
    result = _Found()
    lists: list[tuple[str, str, dict[str, str]]] = [
        *((kind, namespace, {}) for kind in _OF_THE_NAMESPACE),
        ("Pod", namespace, {"labelSelector": _LABELS}),
        *((kind, "", {}) for kind in (*_OF_THE_CLUSTER, SERVICE_CIDR)),
        ("EndpointSlice", service.namespace if service else "", {}),
    ]
    if service:
        about = f"involvedObject.kind=Service,involvedObject.name={service.name}"
        lists.append(("Event", service.namespace, {"fieldSelector": about}))
    api.get("Namespace", Key("", "default"))  # so that an API server that is away is said once
    with ThreadPoolExecutor(AT_ONCE) as workers:
        for found_here in workers.map(lambda each: _list(api, *each), lists):
            _merge(result, found_here)
        for found_here in workers.map(lambda name: _secret(api, namespace, name), _secrets(result.items)):
            _merge(result, found_here)
    texts = _all_metrics(api, (item for item in result.items if item["kind"] == "Pod"))
    metrics = {node: text for node, text in texts.items() if text is not None}
    if len(metrics) < len(texts):
        silent = sorted(node for node, text in texts.items() if text is None)
        whose = some(silent, "node", "nodes")
        result.unread.append(f"the speaker's metrics on {whose}, so what it announces is not known for sure")
    return assemble(
        result.items, namespace=namespace, metrics=metrics, missing=result.missing, unread=sorted(result.unread)
    )


def speaker_metrics(api: Api, namespace: str) -> dict[str, str | None]:
    """Read the metrics of every speaker: {k8s node: text, None where they cannot be had}."""
    pods, _ = attempt(lambda: api.list("Pod", namespace, labelSelector=_LABELS))
    return _all_metrics(api, pods)


def _all_metrics(api: Api, pods: Iterable[Json]) -> dict[str, str | None]:
    with ThreadPoolExecutor(AT_ONCE) as workers:
        return dict(workers.map(lambda pod: _metrics(api, pod), filter(_is_speaker, pods)))


def _list(api: Api, kind: str, namespace: str, query: dict[str, str]) -> _Found:
    try:
        return _Found(items=list(api.list(kind, namespace, **query)))
    except MissingError:
        return _Found(missing=set() if kind in _OPTIONAL else {kind})
    except Forbidden as err:
        return _Found(unread=[f"{kind}: {err}"])


def _merge(result: _Found, other: _Found) -> None:
    result.items += other.items
    result.missing |= other.missing
    result.unread += other.unread


def _secrets(items: Iterable[Json]) -> tuple[str, ...]:
    names = (found(item, ("spec", "passwordSecret", "name")) for item in items if item["kind"] == "BGPPeer")
    return tuple(sorted({str(name) for name in names if name}))


def _secret(api: Api, namespace: str, name: str) -> _Found:
    return _Found(items=_attempted(lambda: api.get("Secret", Key(namespace, name)) or no_secret(name, namespace)))


def _attempted(read: Callable[[], Json]) -> list[Json]:
    """Read a Secret if we may: who may not is no worse off than with a Secret that is fine."""
    try:
        return [read()]
    except Forbidden:
        return []


def _metrics(api: Api, pod: Json) -> tuple[str, str | None]:
    """Read a speaker's metrics: (node, text); no text where they cannot be had."""
    node, key = str(found(pod, ("spec", "nodeName")) or ""), key_of(pod)
    path = f"/api/v1/namespaces/{key.namespace}/pods/{key.name}:{METRICS_PORT}/proxy/metrics"
    try:
        return node, api.text(path)
    except LbkitError:
        return node, None


def _is_speaker(pod: Json) -> bool:
    return (found(pod, ("metadata", "labels")) or {}).get("component") == SPEAKER
