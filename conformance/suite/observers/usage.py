"""Reads what a container's processes use: resident memory, processor time, and since when they run.

It is the same reading for every implementation, whatever it is written in and whether it has metrics of its own.
Source: proc_pid_stat(5), proc_pid_status(5): starttime and times in ticks, VmRSS and VmHWM in KiB.

Shell: /proc, the clocks.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.suite import processes


@dataclass(frozen=True, slots=True)
class Usage:
    """What the processes of one container use.

    Args:
        pid: of the oldest, on this host.
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


def usage(container: str) -> Usage:
    """Say what a container uses.

    Args:
        container: its id.

    Raises:
        TargetError: no process of it runs.
    """
    folders = [processes.PROC / str(pid) for pid in processes.of_container(container)]
    texts = [(folder / name).read_text(encoding="utf-8") for folder in folders for name in ("stat", "status")]
    # Ticks count from the boot, and so does CLOCK_BOOTTIME; where the machine never slept both clocks are one.
    slept_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()
    return read(texts, os.sysconf("SC_CLK_TCK"), slept_ns)


def read(texts: Sequence[str], ticks_per_s: int, slept_ns: int) -> Usage:
    """Read the stat and the status of processes.

    Args:
        texts: of each process its stat, then its status; at least those of one.
        ticks_per_s: of the kernel's clock for users, USER_HZ.
        slept_ns: how far CLOCK_BOOTTIME is ahead of CLOCK_MONOTONIC.
    """
    begun: dict[int, int] = {}
    ticks = 0
    sizes = {"VmRSS": 0, "VmHWM": 0}
    stats, statuses = texts[::2], texts[1::2]
    for stat in stats:
        # The command's name, in brackets, may hold anything; what follows it starts with field 3.
        fields = stat.rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
        begun[int(stat.split(maxsplit=1)[0])] = int(fields[19]) * 1_000_000_000 // ticks_per_s - slept_ns
    for line in (line for status in statuses for line in status.splitlines()):
        name, _, value = line.partition(":")
        if name in sizes:
            sizes[name] += int(value.split()[0]) * 1024
    pid = min(begun, key=lambda one: (begun[one], one))
    return Usage(pid, begun[pid], sizes["VmRSS"], sizes["VmHWM"], ticks / ticks_per_s)
