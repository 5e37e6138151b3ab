"""Writes many Services at once, as many people or one pipeline would, and notes each request and answer.

The Services have no endpoints, unless some are asked for, and a label that tells kube-proxy to leave them alone: what
is looked at is who gives addresses and who tells of them, and ten thousand Services in every node's packet filter would
keep the machine from anything else. Node ports are not asked for, as a cluster has fewer than 2,800 of them.
Source: Kubernetes, label `service.kubernetes.io/service-proxy-name`; `allocateLoadBalancerNodePorts`.

Shell: HTTPS to the API server, threads, the monotonic clock.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from conformance.suite.kube import ApiError, Kube, Object
from conformance.suite.recorder import Recorder

_NO_PROXY: Final = {"service.kubernetes.io/service-proxy-name": "none"}
_WRITERS_MOST: Final = 32
"""As many connections as `Kube` keeps."""


class Load:
    """The Services of one namespace, written by some writers at a time.

    Args:
        kube: the cluster.
        recorder: where each request and answer goes.
        namespace: of the Services.
        writers: requests under way at a time, at most 32.
        selector: labels of the pods that serve; None for Services without endpoints.
    """

    def __init__(
        self, kube: Kube, recorder: Recorder, namespace: str, writers: int, selector: dict[str, str] | None = None
    ) -> None:
        assert 0 < writers <= _WRITERS_MOST, writers
        self._kube = kube
        self._recorder = recorder
        self._namespace = namespace
        self._writers = writers
        self._selector = selector

    def create(self, names: Iterable[str]) -> None:
        """Create Services.

        Raises:
            ApiError: the API server refused one.
        """
        self._each(names, self.create_one)

    def delete(self, names: Iterable[str]) -> None:
        """Delete Services.

        Raises:
            ApiError: the API server refused one.
        """
        self._each(names, self.delete_one)

    def create_one(self, name: str) -> None:
        """Create one Service."""
        self._write("create", name, lambda: self._kube.create(service(name, self._namespace, self._selector)))

    def delete_one(self, name: str) -> None:
        """Delete one Service; a missing one is fine."""
        self._write("delete", name, lambda: self._kube.delete("Service", name, self._namespace))

    def _each(self, names: Iterable[str], write: Callable[[str], None]) -> None:
        with ThreadPoolExecutor(self._writers) as pool:
            for _ in pool.map(write, names):
                pass

    def _write(self, verb: str, name: str, request: Callable[[], object]) -> None:
        noted = {"verb": verb, "object_kind": "Service", "name": name, "namespace": self._namespace}
        self._recorder.record("drive", "write", phase="invoke", **noted)
        try:
            request()
        except ApiError as err:
            self._recorder.record("drive", "write", phase="fail", error=str(err), **noted)
            raise
        self._recorder.record("drive", "write", phase="ok", **noted)


def service(name: str, namespace: str, selector: dict[str, str] | None = None) -> Object:
    """Return a Service that wants an address, and little else.

    Args:
        name: of the Service.
        namespace: it is in.
        selector: labels of the pods that serve; None for none.
    """
    spec: Object = {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False, "ports": [{"port": 80}]}
    if selector is not None:
        spec["selector"] = selector
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "labels": _NO_PROXY},
        "spec": spec,
    }
