"""The pods that serve in cases. Those of the next case can be started while one is driven: to be ready takes seconds.

They wait in the namespace of their case and do nothing there, as no Service leads to them yet; but their start costs
processor time, which two cores that drive two labs do not have.

Shell: the API server.
"""

from pathlib import Path
from typing import Final

from conformance.suite import waits
from conformance.suite.kube import Kube, until
from conformance.suite.manifests import placed, render
from lbkit.errors import TargetError

_DATA: Final = Path(__file__).parent / "data"


class Backends:
    """The namespaces of cases, with pods where a case wants some.

    Args:
        kube: of the cluster.
        lab: name of the lab.
        image: of the echo server; empty if the lab has none.
    """

    def __init__(self, kube: Kube, lab: str, image: str) -> None:
        self._kube = kube
        self._lab = lab
        self._image = image
        self.ahead: set[str] = set()
        """Namespaces that wait for their case."""

    def prepare(self, namespace: str, backend: str) -> None:
        """Make a namespace and start its pods for a case to come; once is enough.

        Raises:
            TargetError: the API server does not take them.
        """
        if namespace not in self.ahead:
            self._make(namespace)
            self.start(namespace, backend)
            self.ahead.add(namespace)

    def open(self, namespace: str) -> None:
        """Give a case its namespace: what was prepared, or a new one.

        Raises:
            TargetError: one of that name stays.
        """
        if namespace in self.ahead:
            self.ahead.remove(namespace)
        else:
            self._make(namespace)

    def start(self, namespace: str, backend: str) -> int:
        """Have the pods of a backend in a namespace.

        Args:
            namespace: of the case.
            backend: name of a file in `data`.

        Returns:
            How many there will be.

        Raises:
            TargetError: the lab has no image for them, or the API server does not take them.
        """
        if not self._image:
            raise TargetError(f"lab {self._lab} names no image for the echo server (status: images.echo)")
        path, count = _DATA / f"{backend}.yaml", 0
        for obj in render(path.read_text(encoding="utf-8"), {"echo": self._image}, path=str(path)):
            self._kube.apply(placed(obj, namespace, namespace))
            count += obj["spec"].get("replicas") or len(self._kube.list("Node"))
        return count

    def remove(self, name: str) -> None:
        """Delete a namespace and wait until it is gone; a missing one is fine.

        Raises:
            TargetError: it stays.
        """
        if self._kube.get("Namespace", name) is None:
            return
        self._kube.delete("Namespace", name)
        until(
            f"namespace {name}",
            lambda: "" if self._kube.get("Namespace", name) is None else "it still exists",
            waits.CLEAN_S,
        )

    def _make(self, namespace: str) -> None:
        self.remove(namespace)
        self._kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
