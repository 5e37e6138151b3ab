"""What every selftest stands on.

Shell: pytest, Hypothesis, the garbage collector.
"""

import gc
import threading
from collections.abc import Iterator

import pytest
from hypothesis import settings

from conformance.selftest.dry import Dry
from conformance.suite import place

settings.register_profile("lbkit", deadline=None)  # a busy host's slowness is no finding about one example
settings.load_profile("lbkit")


def pytest_collection_finish() -> None:
    """Hide what was loaded from the garbage collector: each dry run ends with collecting all there is, ten times."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _locks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the locks of labs that are not real away from those that are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, "LOCKS", tmp_path_factory.mktemp("locks"))
        yield


@pytest.fixture
def dry(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dry]:
    """A suite without cases; whatever becomes of it, no watch goes on after its run."""
    made = Dry(pytester.path)
    made.install(monkeypatch.setattr)
    yield made
    made.close()
    for thread in threading.enumerate():
        if thread.name == "service-watch":
            thread.join(5)
            assert not thread.is_alive()
