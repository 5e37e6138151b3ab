"""Show what is under way: a live table with elapsed times on a terminal, plain lines elsewhere.

Shell: writes to standard error.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text


class Progress:
    """A list of named tasks; several may run at once, from several threads.

    On a terminal the running ones are redrawn with their elapsed time; finished ones scroll away as plain lines, which
    are also all that a log or a CI system sees.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._running: dict[str, float] = {}
        self._lock = Lock()
        self._live: Live | None = None
        self.seconds_by_task: dict[str, float] = {}

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(console=self._console, get_renderable=self._table, refresh_per_second=4, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def say(self, text: str) -> None:
        """Print one line above whatever is running."""
        self._console.print(Text(text))

    @contextmanager
    def task(self, name: str) -> Iterator[None]:
        """Show `name` as running until the block ends, then as done or failed with the time it took."""
        begun = time.monotonic()
        with self._lock:
            self._running[name] = begun
        if self._live is None:
            self.say(f"  ... {name}")
        mark = "failed"
        try:
            yield
            mark = "done"
        finally:
            seconds = time.monotonic() - begun
            with self._lock:
                self._running.pop(name, None)
                self.seconds_by_task[name] = seconds
            self.say(f"  {'ok ' if mark == 'done' else '!! '} {name} ({mark}, {seconds:.1f} s)")

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        now = time.monotonic()
        with self._lock:
            for name, begun in self._running.items():
                table.add_row("  ...", Text(name), f"{now - begun:.0f} s")
        return table
