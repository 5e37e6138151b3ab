"""Tests against a real GoBGP: `make engine`. Without LBKIT_ENGINE they are not collected, as they need root.

Shell: builds the part `gobgp-binary` where the cache lacks it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lbkit.runtime.build import Builder
from lbkit.tests.engine.rig import Rig, wired

ROOT = Path(__file__).parents[3]

collect_ignore_glob = [] if os.environ.get("LBKIT_ENGINE") else ["*"]


@pytest.fixture(scope="session")
def binaries() -> Path:
    """The folder of gobgpd and gobgp, of the version that the labs use."""
    folder = Builder(ROOT, mode="build").have("gobgp-binary")["gobgp-binary"].folder
    assert folder is not None
    return folder


@pytest.fixture
def rig(binaries: Path, tmp_path: Path) -> Iterator[Rig]:
    """A node with an idle engine and a router without one, on one link."""
    with wired(binaries, tmp_path) as made:
        yield made
