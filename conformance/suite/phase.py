"""Marks a phase of a drive, and asks the API server before and after how many writes it has served.

Shell: HTTPS to the API server.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from conformance.suite.kube import Kube
from conformance.suite.observers.requests_served import served
from conformance.suite.recorder import Recorder


@contextmanager
def phase(kube: Kube, recorder: Recorder, name: str) -> Iterator[None]:
    """Surround a part of a drive, so that what happened in it can be told from the rest.

    Args:
        kube: the cluster.
        recorder: of the drive.
        name: unique in the drive.
    """
    before = served(kube)
    recorder.record("suite", "phase", name=name, edge="begin", served=before)
    yield
    recorder.record("suite", "phase", name=name, edge="end", served=served(kube))
