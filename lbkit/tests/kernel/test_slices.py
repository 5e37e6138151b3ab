"""Rules of asking for short slices.

Shell: a child process of its own.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import os
from lbkit.kernel.slices import ask_for_short_slices
nice, policy = os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0)
assert ask_for_short_slices()
assert (os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0)) == (nice, policy)
print(open("/proc/self/sched").read())
"""


@pytest.mark.slow
@pytest.mark.skipif(os.sched_getscheduler(0) != os.SCHED_OTHER, reason="run by chrt: another policy is not changed")
def test_the_kernel_takes_the_request_and_nothing_else_changes() -> None:
    """No right is needed; what the kernel notes is looked at where it tells."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    slices = [line.split(":")[1].strip() for line in done.stdout.splitlines() if line.startswith("se.slice")]
    assert slices in ([], ["100000"]), Path("/proc/version").read_text()
