"""Real speakers on a real segment, in network namespaces of this machine: `make wire`. Needs root.

Without LBKIT_WIRE they are not collected: they take time, and their figures need a machine that is not busy.

Shell: network namespaces, processes.
"""

import os
from collections.abc import Iterator

import pytest

from lbkit.tests.wire.segment import Lan

collect_ignore_glob = [] if os.environ.get("LBKIT_WIRE") else ["*"]


@pytest.fixture
def lan() -> Iterator[Lan]:
    """A switch with a client at it; nodes are added by the test."""
    made = Lan()
    try:
        made.build()
        yield made
    finally:
        made.close()
