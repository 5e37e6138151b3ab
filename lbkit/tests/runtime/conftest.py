"""What the tests of the runtime room share."""

from pathlib import Path

import pytest

from lbkit.tests.runtime.bench import Bench
from lbkit.tests.runtime.bench import bench as set_up


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The fakes on PATH, with an empty memory."""
    return set_up(tmp_path, monkeypatch)
