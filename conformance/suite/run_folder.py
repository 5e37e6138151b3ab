"""The folder of a long run in parts: its settings, and a history for each part, so that a stopped run can go on.

Shell: files, the terminal, the clock.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from conformance.suite.history import History, load
from lbkit.errors import InputError, Problem

_SETTINGS: Final = "settings.json"
_HISTORY: Final = "history.jsonl"
_VERSION: Final = "version.txt"


class RunFolder:
    """A run's folder.

    Args:
        path: of it; made when it is opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self, settings: dict[str, Any], *, fresh: bool) -> None:  # Any: JSON fields
        """Begin a run, or go on with one of the same settings.

        Args:
            settings: of the run; histories of a run of others are removed.
            fresh: remove them in any case.
        """
        if fresh or self.settings() != settings:
            self._forget()
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / _SETTINGS).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")

    def be_of(self, version: str) -> bool:
        """Go on with what was run of this version of the target only; of two versions there is no one result.

        Args:
            version: of what is in the lab now; histories of a run of another are removed.

        Returns:
            Whether what was run before is still there.
        """
        is_same = self.version() == version
        if not is_same:
            self._forget()
            (self.path / _VERSION).write_text(version + "\n", encoding="utf-8")
        return is_same

    def version(self) -> str:
        """Return which version of the target the run in it is of; empty if there is none."""
        path = self.path / _VERSION
        return path.read_text(encoding="utf-8").strip() if path.exists() else ""

    def _forget(self) -> None:
        # Only histories: a run that was killed may have left the lab's own objects in a file beside them.
        for history in self.path.glob(f"*/{_HISTORY}"):
            shutil.rmtree(history.parent)

    def settings(self) -> dict[str, Any]:  # Any: JSON fields
        """Return the settings of the run in it; empty if there is none."""
        path = self.path / _SETTINGS
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

    def recorded(self) -> dict[str, Any]:  # Any: JSON fields
        """Return the settings of the run that is in it.

        Raises:
            InputError: there is none.
        """
        found = self.settings()
        if not found:
            raise InputError(Problem(str(self.path), f"got a folder without {_SETTINGS}, wanted that of a run"))
        return found

    def history_path(self, part: str) -> Path:
        """Say where the history of a part is."""
        return self.path / part / _HISTORY

    def history(self, part: str) -> History:
        """Read the history of a part; empty for one that was not begun.

        Raises:
            InputError: it is no history.
        """
        path = self.history_path(part)
        if not path.exists():
            return History()
        with path.open(encoding="utf-8") as lines:
            return load(lines, str(path))


def progress() -> Callable[[str], None]:
    """Make a function that prints a line with the minutes and seconds since now."""
    began_s = time.monotonic()

    def say(text: str) -> None:
        seconds = int(time.monotonic() - began_s)
        sys.stderr.write(f"{seconds // 60:3}:{seconds % 60:02} {text}\n")
        sys.stderr.flush()

    return say
