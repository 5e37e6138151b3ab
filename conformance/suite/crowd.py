"""A namespace for thousands of Services, a pool for them alone, and a watch in a process of its own.

No advertisement names the pool, so that none of its addresses is announced: who gives addresses is what is looked at.

Shell: the API server, a process, the clock.
"""

from types import TracebackType
from typing import Final, Self

from conformance.suite import waits
from conformance.suite.kube import Object, until
from conformance.suite.load import Load
from conformance.suite.observers.process import Witness
from conformance.suite.session import PREFIX, LabSession
from conformance.suite.tally import Tally
from lbkit.errors import TargetError

RANGE: Final = "198.18.0.0/15"
"""Kept for benchmarks (RFC 2544, RFC 6890)."""


class Crowd:
    """The Services of one drive; use as a context manager, which leaves nothing behind.

    Args:
        session: the lab, with the target in it.
        recorder: the drive's history; it is not closed.
        name: of the namespace, after the suite's prefix, and of the pool.
        addresses: of the pool, as in an IPAddressPool.
        writers: requests under way at a time.
    """

    def __init__(
        self, session: LabSession, recorder: Tally, name: str, addresses: tuple[str, ...], writers: int
    ) -> None:
        self.namespace = f"{PREFIX}{name}"
        self.load = Load(session.kube, recorder, self.namespace, writers)
        self._name = name
        self._addresses = addresses
        self._session = session
        self._recorder = recorder
        self._watch: Witness | None = None

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def finish(self) -> None:
        """End the watch, which then says whether it saw everything."""
        if self._watch:
            watch, self._watch = self._watch, None
            watch.stop()

    def _open(self) -> None:
        self._session.backends.open(self.namespace)
        pool = self._pool()
        noted = {"verb": "apply", "object_kind": pool["kind"], "namespace": pool["metadata"]["namespace"]}
        noted["name"] = self._name
        self._recorder.record("drive", "write", phase="invoke", **noted)
        until(f"pool {self._name}", lambda: self._applied(pool), waits.TARGET_READY_S)
        self._recorder.record("drive", "write", phase="ok", object=pool, **noted)
        plan = {"kubeconfig": str(self._session.kubeconfig), "namespace": self.namespace}
        self._watch = Witness(self._recorder, [], "conformance.suite.observers.watch", plan)
        if not self._recorder.await_watching(waits.OBSERVER_READY_S):
            raise TargetError(f"the Service watch did not begin: {self._watch.failure() or 'no word from it'}")

    def _close(self) -> None:
        try:
            self.finish()
        finally:
            self._session.release(self.namespace)
            self._session.kube.delete("IPAddressPool", self._name, self._session.target.namespace)

    def _pool(self) -> Object:
        meta = {"name": self._name, "namespace": self._session.target.namespace}
        spec = {"addresses": list(self._addresses), "serviceAllocation": {"namespaces": [self.namespace]}}
        return {"apiVersion": "metallb.io/v1beta1", "kind": "IPAddressPool", "metadata": meta, "spec": spec}

    def _applied(self, obj: Object) -> str:
        self._session.kube.apply(obj)
        return ""
