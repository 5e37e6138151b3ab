"""What the programs inside a node's network share: reading the plan, writing events.

Shell: stdin, stdout, the monotonic clock.
"""

import json
import select
import sys
import time
from typing import Any

from conformance.suite.history import Event, dump


def plan() -> dict[str, Any]:  # Any: JSON that the suite wrote
    """Read the plan, which is the first line of stdin."""
    return dict(json.loads(sys.stdin.readline()))


def emit(source: str, kind: str, /, t_ns: int | None = None, **data: Any) -> None:  # Any: JSON fields
    """Write one event; it is on its way when this returns.

    Args:
        source: as in `history.KINDS`.
        kind: as in `history.KINDS`.
        t_ns: its moment; now if None.
        data: its fields.
    """
    event = Event(time.monotonic_ns() if t_ns is None else t_ns, source, kind, data)
    sys.stdout.write(dump(event) + "\n")
    sys.stdout.flush()


def is_stopped(wait_s: float) -> bool:
    """Wait, and say whether the suite has closed stdin meanwhile.

    Args:
        wait_s: how long at most, seconds.
    """
    readable, _, _ = select.select([sys.stdin], [], [], max(0.0, wait_s))
    return bool(readable) and sys.stdin.readline() == ""
