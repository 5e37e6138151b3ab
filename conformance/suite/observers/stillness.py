"""A program: notice when the machine itself stands still, until stdin ends.

On each processor a thread sleeps for a hundredth of a second, again and again, at a real-time priority, before which
nothing of a lab comes. When it wakes up late all the same, its hypervisor had the processor, or the kernel kept it:
whatever ran there stood still, and no implementation is to blame for what it did not do meanwhile.
Source: sched(7), SCHED_FIFO.

Shell: threads of a real-time priority, the monotonic clock, stdin, stdout.
"""

import os
import sys
import threading
import time
from typing import Final

from conformance.suite.observers.emit import emit

NAP_S: Final = 0.01
NOTED_S: Final = 0.02
"""Shorter ones are not worth a line."""
PRIORITY: Final = 50
_ONE_AT_A_TIME: Final = threading.Lock()


def watch(processor: int) -> None:
    """Write down each time that this thread could not go on, for as long as the process lives."""
    os.sched_setaffinity(0, {processor})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    while True:
        begin_ns = time.monotonic_ns()
        time.sleep(NAP_S)
        end_ns = time.monotonic_ns()
        still_s = (end_ns - begin_ns) / 1e9 - NAP_S
        if still_s >= NOTED_S:
            with _ONE_AT_A_TIME:
                emit("host", "still", t_ns=end_ns, processor=processor, seconds=still_s)


def main() -> None:
    """Watch every processor; without the right to real-time priorities say so, and watch none."""
    sys.stdin.readline()
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except OSError as err:
        emit("host", "unwatched", reason=str(err))
    else:
        for processor in os.sched_getaffinity(0):
            threading.Thread(target=watch, args=(processor,), daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
