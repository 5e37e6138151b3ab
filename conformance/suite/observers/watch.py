"""A program that watches the Services of one namespace: `ServiceWatch` in a process of its own.

The process that loads the API server with 16 writers would stamp late what it watches itself. Of each Service only
what latencies and counts need is kept: a thousand of them are written down, several times each.

Shell: stdin, stdout, HTTPS to the API server, the monotonic clock.
"""

import sys
import time
from pathlib import Path
from typing import Any, Final

from conformance.suite.history import Event, dump
from conformance.suite.kube import Kube
from conformance.suite.observers.emit import is_stopped, plan
from conformance.suite.observers.services import ServiceWatch

_METADATA: Final = ("name", "uid", "resourceVersion")


class _Output:
    """Writes each event as a line, and of a Service its identity, type and status only."""

    def add(self, event: Event) -> None:
        data = {**event.data, "object": slim(event.data["object"])} if "object" in event.data else event.data
        sys.stdout.write(dump(Event(event.t_ns, event.source, event.kind, data)) + "\n")
        sys.stdout.flush()


def slim(item: dict[str, Any]) -> dict[str, Any]:  # Any: a Kubernetes object
    """Keep of a Service who it is, its type, its status, and who wrote it: one `managers` entry per manager."""
    metadata = {key: item["metadata"][key] for key in _METADATA if key in item["metadata"]}
    fields = item["metadata"].get("managedFields", [])
    metadata["managers"] = sorted({f"{entry['manager']}/{entry.get('subresource', '')}" for entry in fields})
    return {
        "metadata": metadata,
        "spec": {"type": item.get("spec", {}).get("type", "")},
        "status": item.get("status", {}),
    }


def main() -> None:
    """Watch until stdin closes."""
    asked = plan()
    output = _Output()
    watch = ServiceWatch(Kube(Path(asked["kubeconfig"])), output, asked["namespace"])
    output.add(Event(time.monotonic_ns(), "kube", "watching"))
    while not is_stopped(1.0):
        pass
    watch.stop()


if __name__ == "__main__":
    main()
