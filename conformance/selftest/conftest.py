"""What every selftest stands on.

Shell: pytest.
"""

from pathlib import Path

import pytest

from conformance.suite import place


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the locks of labs that are not real away from those that are."""
    monkeypatch.setattr(place, "LOCKS", tmp_path)
