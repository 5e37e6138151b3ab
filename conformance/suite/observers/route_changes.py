"""Says when a node's kernel changes its routes, so that a look at them comes at once and not with the next round.

Source: rtnetlink(7), by ip-monitor(8), which flushes each line.

Shell: nsenter, ip(8), a pipe.
"""

import os
import select
import subprocess
import time
from typing import Final

from conformance.suite.facts import LabNode
from conformance.suite.observers.process import enter
from lbkit.errors import TargetError

_LEAST_S: Final = 0.02
"""Between two looks: a table that is filled changes thousands of times."""
_BYTES: Final = 1 << 16


class RouteChanges:
    """The changes of one node's routes, as a context manager.

    Args:
        node: whose network namespace is watched.
    """

    def __init__(self, node: LabNode) -> None:
        self._name = node.name
        self._process = subprocess.Popen([*enter(node), "ip", "monitor", "route"], stdout=subprocess.PIPE)

    def __enter__(self) -> "RouteChanges":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def wait(self, longest_s: float) -> None:
        """Wait for a change since the last wait, or so long.

        Raises:
            TargetError: nobody tells of changes any more.
        """
        assert self._process.stdout
        time.sleep(_LEAST_S)
        pipe = self._process.stdout.fileno()
        readable, _, _ = select.select([pipe], [], [], max(0.0, longest_s - _LEAST_S))
        if readable and not os.read(pipe, _BYTES):
            raise TargetError(f"`ip monitor route` on {self._name} ended with {self._process.wait()}")
