"""Writes a history while it happens: every observer's thread adds events, and a drive may wait for one.

Each event goes to the file at once, so a run that is killed leaves what it saw.

Shell: one file, the monotonic clock, a lock.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from conformance.suite.history import KINDS, Event, History, dump, ordered
from lbkit.errors import TargetError

Found = TypeVar("Found")


class Stopped(Exception):  # noqa: N818 - it is an answer ("there is nothing more to drive"), not an error
    """The drive cannot go on, as something it waited for never came; what was seen is judged all the same."""


class Recorder:
    """The growing history of one case.

    Args:
        path: the JSON-lines file to write.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("w", encoding="utf-8")
        self._events: list[Event] = []
        self._trouble = ""
        self._changed = threading.Condition()

    def record(self, source: str, kind: str, /, **data: Any) -> Event:  # Any: JSON fields, see history.KINDS
        """Add an event that happens now.

        Args:
            source: as in `history.KINDS`.
            kind: as in `history.KINDS`.
            data: its fields.
        """
        event = Event(time.monotonic_ns(), source, kind, data)
        self.add(event)
        return event

    def add(self, event: Event) -> None:
        """Add an event that an observer has stamped; dropped once the recorder is closed."""
        assert (event.source, event.kind) in KINDS, f"{event.source}/{event.kind} is not in history.KINDS"
        with self._changed:
            if self._file.closed:
                return
            self._events.append(event)
            try:
                self._file.write(dump(event) + "\n")
                self._file.flush()
            except OSError as err:  # observers' threads have nobody to tell; whoever reads the history is told
                self._trouble = self._trouble or f"{self.path}: cannot be written ({err})"
            self._changed.notify_all()

    def history(self) -> History:
        """Return everything so far, sorted by time.

        Raises:
            TargetError: it cannot be written to its file, so a verdict could not be repeated.
        """
        with self._changed:
            if self._trouble:
                raise TargetError(f"{self._trouble}\ncure: make room on that disk")
            return ordered(self._events)

    def wait(self, read: Callable[[History], Found | None], timeout_s: float) -> Found | None:
        """Wait until the history shows something.

        Args:
            read: returns what it looks for, or None while it is not there.
            timeout_s: patience, one of `waits`.

        Returns:
            What `read` returned, or None when the time is over.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            found = read(self.history())
            remaining_s = deadline - time.monotonic()
            if found is not None or remaining_s <= 0:
                return found
            with self._changed:
                self._changed.wait(min(remaining_s, 0.05))

    def need(self, what: str, read: Callable[[History], Found | None], timeout_s: float) -> Found:
        """Wait as `wait` does, and stop the drive when it never comes.

        Args:
            what: it is, for the reason.
            read: as for `wait`.
            timeout_s: as for `wait`.

        Raises:
            Stopped: the time is over; the checks will say whose fault that is.
        """
        found = self.wait(read, timeout_s)
        if found is None:
            raise Stopped(f"{what} did not come within {timeout_s:g} s")
        return found

    def events(self) -> tuple[Event, ...]:
        """Return what is known so far, whether it could be written or not; no verdict may rest on it."""
        with self._changed:
            return tuple(sorted(self._events, key=lambda event: event.t_ns))

    def close(self) -> History:
        """End the history and return it.

        Raises:
            TargetError: as `history`.
        """
        self.release()
        return self.history()

    def release(self) -> None:
        """Close the file; what a full disk did not take was noted when it was written."""
        with self._changed, contextlib.suppress(OSError):
            self._file.close()
