"""What the long-running processes do not carry."""

import subprocess
import sys

import pytest

PROBE = """
import sys
from lbkit.process import lean
lean.spare()
import lbkit.{room}.run
print(sorted({{name.split(".")[0] for name, module in sys.modules.items() if module}} & {{"rich", "pygments"}}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("room", ["controller", "speaker"])
def test_a_long_running_process_carries_no_terminal(room: str) -> None:
    """Neither rich nor pygments is in memory once the controller or the speaker is imported."""
    argv = [sys.executable, "-c", PROBE.format(room=room)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
