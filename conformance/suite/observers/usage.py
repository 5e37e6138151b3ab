"""Reads from the node what a container's processes use: resident memory, processor time, and since when they run.

It is the same reading for every implementation, whatever it is written in and whether it has metrics of its own.
Source: proc_pid_stat(5), proc_pid_status(5): starttime and times in ticks, VmRSS and VmHWM in KiB.

Shell: docker exec, the clocks.
"""

import os
import time
from dataclasses import dataclass
from typing import Final

from conformance.suite.facts import LabNode
from conformance.suite.observers.process import run
from conformance.suite.waits import COMMAND_S
from lbkit.errors import TargetError

_SCRIPT: Final = """for cgroup in $(grep -ls {container} /proc/[0-9]*/cgroup); do
  process=${{cgroup%/cgroup}}
  cat $process/stat && grep -E '^Vm(RSS|HWM):' $process/status
done || true"""


@dataclass(frozen=True, slots=True)
class Usage:
    """What the processes of one container use.

    Args:
        pid: of the oldest, in the node.
        begin_ns: when the oldest was started, CLOCK_MONOTONIC; known to a tick (10 ms).
        rss_bytes: resident memory, of all of them.
        peak_bytes: the most each had resident so far, added up.
        cpu_s: processor time of all of them, user and system.
    """

    pid: int
    begin_ns: int
    rss_bytes: int
    peak_bytes: int
    cpu_s: float


def usage(node: LabNode, container: str) -> Usage:
    """Ask a node what a container uses.

    Args:
        node: where it runs.
        container: its id.

    Raises:
        TargetError: no process of it runs, or the node does not answer.
    """
    text = run(["docker", "exec", node.container, "sh", "-c", _SCRIPT.format(container=container)], COMMAND_S)
    # Ticks count from the boot, and so does CLOCK_BOOTTIME; where the machine never slept both clocks are one.
    slept_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()
    found = read(text, os.sysconf("SC_CLK_TCK"), slept_ns)
    if found is None:
        raise TargetError(f"{node.name}: no process in container {container}", output=text)
    return found


def read(text: str, ticks_per_s: int, slept_ns: int) -> Usage | None:
    """Read what the script printed: for each process its stat, then VmRSS and VmHWM.

    Args:
        text: its output.
        ticks_per_s: of the kernel's clock for users, USER_HZ.
        slept_ns: how far CLOCK_BOOTTIME is ahead of CLOCK_MONOTONIC.

    Returns:
        None if it names no process.
    """
    begun: dict[int, int] = {}
    ticks = 0
    sizes = {"VmRSS": 0, "VmHWM": 0}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name in sizes:
            sizes[name] += int(value.split()[0]) * 1024
        else:
            # The command's name, in brackets, may hold anything; what follows it starts with field 3.
            fields = line.rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
            begun[int(line.split(maxsplit=1)[0])] = int(fields[19]) * 1_000_000_000 // ticks_per_s - slept_ns
    if not begun:
        return None
    pid = min(begun, key=lambda one: (begun[one], one))
    return Usage(pid, begun[pid], sizes["VmRSS"], sizes["VmHWM"], ticks / ticks_per_s)
