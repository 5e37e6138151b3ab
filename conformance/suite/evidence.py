"""What is kept of a case beside its history: its frames for Wireshark, the objects it wrote, its target's logs.

No verdict rests on it: it is for a reader who wants to know why.

Shell: files, the API server.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import yaml

from conformance.suite import pcap
from conformance.suite.history import History
from conformance.suite.kube import ApiError, Kube, Object
from conformance.suite.target import Target

_CONTAINERS: Final = ("initContainers", "containers")


def frames(history: History) -> bytes:
    """Return the frames of all captures as a pcap file; empty if there are none. Pure."""
    found = [(event.t_ns, bytes.fromhex(event.data["hex"])) for event in history.of("wire", "frame")]
    head = history.last("suite", "case")
    return pcap.render(found, head.data["wall_ns"] - head.t_ns) if found and head else b""


def manifests(history: History) -> str:
    """Return the objects that were written, in order, as YAML; empty if there are none. Pure."""
    written = [
        event for event in history.of("drive", "write") if event.data["phase"] == "ok" and "object" in event.data
    ]
    return yaml.safe_dump_all([event.data["object"] for event in written], sort_keys=False) if written else ""


def logs(kube: Kube, target: Target, since_ns: int, folder: Path) -> None:
    """Keep what the target's containers said since a moment, one file each, those that ended before them too.

    Args:
        kube: the cluster.
        target: whose pods.
        since_ns: wall clock.
        folder: made if there is something to keep.

    Raises:
        ApiError: the pods cannot be listed.
        OSError: a file cannot be written.
    """
    since = datetime.fromtimestamp(since_ns / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for part in target.workloads:
        for pod in kube.list("Pod", target.namespace, part.labels):
            for container, is_previous in _containers(pod):
                name = f"{pod['metadata']['name']}-{container}{'-before' if is_previous else ''}.log"
                query = f"container={container}&sinceTime={since}&previous={str(is_previous).lower()}"
                path = f"/api/v1/namespaces/{target.namespace}/pods/{pod['metadata']['name']}/log?{query}"
                try:
                    text = kube.text(path)
                except ApiError as err:  # a container that is not there yet has none, which is worth knowing too
                    text = f"{err}\n"
                folder.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text, encoding="utf-8")


def _containers(pod: Object) -> list[tuple[str, bool]]:
    """List (container, whether the one before it is meant) of a pod."""
    names = [str(c["name"]) for key in _CONTAINERS for c in pod["spec"].get(key, [])]
    statuses = [s for key in _CONTAINERS for s in pod.get("status", {}).get(f"{key[:-1]}Statuses", [])]
    ended = [str(status["name"]) for status in statuses if status.get("restartCount", 0)]
    return [*((name, False) for name in names), *((name, True) for name in ended)]
