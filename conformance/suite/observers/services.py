"""Watches the Services of a case's namespace and writes down every state the API server shows.

Each line is stamped when it arrives, before it is read. At the end it proves that it missed nothing: what it
saw last of every Service must be what the API server has.

Shell: HTTPS to the API server, a thread, the monotonic clock.
"""

import json
import threading
import time
from typing import Any, Final, Protocol

from conformance.suite.history import Event
from conformance.suite.kube import ApiError, Kube, path_of
from conformance.suite.waits import WATCH_DRAIN_S

_IDLE_S: Final = 30.0
"""A quiet watch is renewed after this long, so that a dead connection is noticed."""
_KEPT: Final = ("metadata", "spec", "status")


class Sink(Protocol):
    """Takes what the watch sees: a recorder, or the output of a program."""

    def add(self, event: Event) -> None:
        """Take an event that was stamped."""
        ...


class ServiceWatch:
    """A watch on the Services of one namespace.

    Args:
        kube: the cluster.
        sink: where to write.
        namespace: of the case.
    """

    def __init__(self, kube: Kube, sink: Sink, namespace: str) -> None:
        self._kube = kube
        self._sink = sink
        self._namespace = namespace
        self._versions: dict[str, str] = {}
        self._is_over = False
        self._trouble = ""
        self._version = self._list()
        self._thread = threading.Thread(target=self._run, name="service-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Say whether everything was seen, and stop writing."""
        deadline = time.monotonic() + WATCH_DRAIN_S
        while (behind := self._behind()) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.leave()
        if behind or self._trouble:
            reason = self._trouble or f"not caught up with {behind}"
            self._sink.add(Event(time.monotonic_ns(), "kube", "incomplete", {"reason": reason}))
        else:
            self._sink.add(Event(time.monotonic_ns(), "kube", "complete"))

    def leave(self) -> None:
        """Stop writing, and say nothing of what was seen."""
        self._is_over = True

    def _behind(self) -> str:
        listed = self._kube.list("Service", self._namespace)
        now = {item["metadata"]["name"]: item["metadata"]["resourceVersion"] for item in listed}
        return ", ".join(
            sorted(name for name in now.keys() | self._versions.keys() if now.get(name) != self._versions.get(name))
        )

    def _list(self) -> str:
        listed = self._kube.request("GET", path_of("Service", self._namespace))
        for item in listed["items"]:
            self._seen(time.monotonic_ns(), "ADDED", item)
        return str(listed["metadata"]["resourceVersion"])

    def _run(self) -> None:
        while not self._is_over:
            try:
                self._follow()
            except ApiError as err:
                if err.status == 410:  # the version is too old to resume from: changes may be lost
                    self._trouble = str(err)
                    return
                time.sleep(0.2)

    def _follow(self) -> None:
        path = path_of("Service", self._namespace)
        query = {"watch": "1", "resourceVersion": self._version, "allowWatchBookmarks": "true"}
        for line in self._kube.stream(path, _IDLE_S, timeoutSeconds=str(int(_IDLE_S)), **query):
            t_ns = time.monotonic_ns()
            if self._is_over:
                return
            change = json.loads(line)
            if change["type"] == "ERROR":
                raise ApiError(
                    f"watch of Services: {change['object'].get('message')}", status=int(change["object"].get("code", 0))
                )
            self._version = change["object"]["metadata"]["resourceVersion"]
            if change["type"] != "BOOKMARK":
                self._seen(t_ns, change["type"], change["object"])

    def _seen(self, t_ns: int, change: str, item: dict[str, Any]) -> None:  # Any: a Kubernetes object
        name = item["metadata"]["name"]
        if change == "DELETED":
            self._versions.pop(name, None)
        else:
            self._versions[name] = item["metadata"]["resourceVersion"]
        kept = {key: item[key] for key in _KEPT if key in item}
        self._sink.add(Event(t_ns, "kube", "service", {"type": change, "object": kept}))
