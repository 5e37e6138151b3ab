"""A program: keep a fault in force until stdin ends, then undo it, whatever became of the suite.

It is a process of its own so that a fault ends for certain: a suite that fails, is interrupted or killed closes the
pipe, and that is the sign. Signals meant for the suite are ignored here.

Shell: commands, signals, stdin, stdout, the monotonic clock.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterable

from conformance.suite.observers.emit import emit, plan

COMMAND_S = 20.0
"""One command; most take milliseconds, a restart of a systemd unit some seconds."""


def carried_out(commands: Iterable[list[str]]) -> list[str]:
    """Run commands one after the other, all of them, and return what was wrong with those that failed."""
    problems: list[str] = []
    for argv in commands:
        try:
            done = subprocess.run(argv, capture_output=True, text=True, timeout=COMMAND_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as err:
            problems.append(f"{' '.join(argv)}: {err}")
            continue
        if done.returncode != 0:
            problems.append(f"{' '.join(argv)}: exit code {done.returncode}: {done.stdout}{done.stderr}".strip())
    return problems


def main() -> int:
    """Make the fault, wait, undo it; return 1 if any command failed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    asked = plan()
    asked_ns = time.monotonic_ns()
    problems = carried_out(asked["do"])
    if not problems:
        emit("fault", "made", id=asked["id"], name=asked["name"], asked_ns=asked_ns, **asked["about"])
        sys.stdin.read()
    asked_ns = time.monotonic_ns()
    problems += carried_out(asked["undo"])
    if not problems:
        emit("fault", "mended", id=asked["id"], name=asked["name"], asked_ns=asked_ns, **asked["about"])
    sys.stderr.write("".join(f"{problem}\n" for problem in problems))
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
