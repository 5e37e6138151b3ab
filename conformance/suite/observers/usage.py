"""Reads what a container's processes use: resident memory, processor time, and since when they run.

It is the same reading for every implementation, whatever it is written in and whether it has metrics of its own. What
two processes of a container have resident of one file is there once, and counted once.
Source: proc_pid_stat(5), proc_pid_status(5), proc_pid_smaps(5): starttime and times in ticks, sizes in KiB.

Shell: /proc, the clocks.
"""

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.suite import processes

KIB: Final = 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """What the processes of one container use.

    Args:
        pid: of the oldest, on this host.
        begin_ns: when the oldest was started, CLOCK_MONOTONIC; known to a tick (10 ms).
        rss_bytes: resident memory of all of them, the pages of a file once.
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
    names = ("stat", "status", "smaps")
    texts = [(folder / name).read_text(encoding="utf-8") for folder in folders for name in names]
    # Ticks count from the boot, and so does CLOCK_BOOTTIME; where the machine never slept both clocks are one.
    slept_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()
    return read(texts, os.sysconf("SC_CLK_TCK"), slept_ns)


def read(texts: Sequence[str], ticks_per_s: int, slept_ns: int) -> Usage:
    """Read the stat and the status of processes.

    Args:
        texts: of each process its stat, its status, its smaps; at least those of one.
        ticks_per_s: of the kernel's clock for users, USER_HZ.
        slept_ns: how far CLOCK_BOOTTIME is ahead of CLOCK_MONOTONIC.
    """
    begun: dict[int, int] = {}
    ticks = 0
    peak_bytes = 0
    for stat in texts[::3]:
        # The command's name, in brackets, may hold anything; what follows it starts with field 3.
        fields = stat.rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
        begun[int(stat.split(maxsplit=1)[0])] = int(fields[19]) * 1_000_000_000 // ticks_per_s - slept_ns
    for line in (line for status in texts[1::3] for line in status.splitlines()):
        name, _, value = line.partition(":")
        if name == "VmHWM":
            peak_bytes += int(value.split()[0]) * KIB
    pid = min(begun, key=lambda one: (begun[one], one))
    return Usage(pid, begun[pid], resident_bytes(texts[2::3]), peak_bytes, ticks / ticks_per_s)


def resident_bytes(smaps: Iterable[str]) -> int:
    """Add up what processes have resident; of a part of a file only what the one with the most of it has.

    Args:
        smaps: of each process.
    """
    total = 0
    files: dict[tuple[str, str, str], int] = {}
    for text in smaps:
        part, rss = ("", "", ""), 0
        for line in text.splitlines():
            first, *rest = line.split()
            if not first.endswith(":"):  # address perms offset dev inode pathname
                part = rest[2], rest[3], rest[1]
            elif first == "Rss:":
                rss = int(rest[0])
            elif first == "Anonymous:":
                own = int(rest[0])
                total += own
                files[part] = max(files.get(part, 0), rss - own)
    return (total + sum(files.values())) * KIB
