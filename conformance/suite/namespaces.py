"""The namespaces of one case: made, their Services watched, and taken away again.

Most cases have one. What a tenant may do to another one needs a second; its name begins with the first one's.

Shell: the API server, through the session and watches.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from conformance.suite.kube import Object
from conformance.suite.load import Load
from conformance.suite.observers.services import ServiceWatch
from conformance.suite.recorder import Recorder
from conformance.suite.session import LabSession

_LIVES_S: Final = 2.0
"""How long a Service of a churn lives."""


class Namespaces:
    """What a case has of namespaces.

    Args:
        session: the lab it runs in.
        recorder: where their Services' states are written.
    """

    def __init__(self, session: LabSession, recorder: Recorder) -> None:
        self._session = session
        self._recorder = recorder
        self._names: list[str] = []
        self._watches: list[ServiceWatch] = []

    def open(self, name: str) -> None:
        """Have a namespace that is new, and watch its Services until `stop`.

        Raises:
            TargetError: one of that name stays.
        """
        self._session.backends.open(name)
        self._names.append(name)
        self._watches.append(ServiceWatch(self._session.kube, self._recorder, name))

    @contextmanager
    def crowded(self, name: str, count: int, writers: int) -> Iterator[None]:
        """Create Services that want an address and nothing else, in the background while the drive goes on.

        Args:
            name: of a namespace that was opened.
            count: how many.
            writers: requests under way at a time.
        """
        load = Load(self._session.kube, self._recorder, name, writers)
        with ThreadPoolExecutor(1) as pool:
            creating = pool.submit(load.create, [f"crowd-{number}" for number in range(count)])
            yield
            creating.result()

    def churn(
        self,
        name: str,
        stem: str,
        per_s: float,
        for_s: float,
        *,
        writers: int,
        selector: dict[str, str] | None = None,
    ) -> None:
        """Create Services that want an address and little else at a steady rate, and delete each after a while.

        Args:
            name: of a namespace that was opened.
            stem: begins the names of the Services.
            per_s: creations a second.
            for_s: how long, seconds.
            writers: requests under way at a time.
            selector: labels of the pods that serve; None for Services without endpoints.
        """
        load, begin = Load(self._session.kube, self._recorder, name, writers, selector), time.monotonic()
        count, alive = int(per_s * for_s), int(per_s * _LIVES_S)
        with ThreadPoolExecutor(writers) as pool:
            writes: list[Future[None]] = []
            for number in range(count + alive):
                time.sleep(max(0.0, begin + number / per_s - time.monotonic()))
                if number < count:
                    writes.append(pool.submit(load.create_one, f"{stem}-{number}"))
                if number >= alive:
                    writes.append(pool.submit(load.delete_one, f"{stem}-{number - alive}"))
            for write in writes:
                write.result()

    def churn_endpoints(self, slices: Sequence[Object], per_s: float, for_s: float) -> None:
        """Have the one endpoint of each slice come and go at a steady rate, all slices at once.

        Args:
            slices: EndpointSlices that exist, with their namespaces; their endpoints are ready.
            per_s: changes a second, of all slices together.
            for_s: how long, seconds; longer where the API server does not keep up.
        """
        with ThreadPoolExecutor(len(slices)) as pool:
            list(pool.map(lambda obj: self._flip(obj, per_s / len(slices), int(per_s * for_s / len(slices))), slices))

    def _flip(self, obj: Object, per_s: float, times: int) -> None:
        meta = {key: obj["metadata"][key] for key in ("name", "namespace")}
        noted = {"verb": "patch", "object_kind": obj["kind"], **meta}
        begin = time.monotonic()
        for number in range(times):
            time.sleep(max(0.0, begin + number / per_s - time.monotonic()))
            endpoints = [{**endpoint, "conditions": {"ready": number % 2 == 1}} for endpoint in obj["endpoints"]]
            change = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": meta, "endpoints": endpoints}
            self._recorder.record("drive", "write", phase="invoke", **noted)
            self._session.kube.patch(change)
            self._recorder.record("drive", "write", phase="ok", object=change, **noted)

    def leave(self) -> None:
        """Stop watching, and say nothing of what was seen."""
        for watch in self._watches:
            watch.leave()

    def stop(self) -> None:
        """Let each watch say whether it saw everything, and stop."""
        for watch in self._watches:
            watch.stop()

    def release(self) -> None:
        """Delete all Services, and let the rest end by itself.

        Raises:
            TargetError: a Service stays.
        """
        for name in self._names:
            self._session.release(name)
