"""Golden files: what a test makes, compared with the text that was reviewed.

`make golden` (LBKIT_GOLDEN=write) rewrites them; the change is then reviewed like code.

Shell: reads, and on request writes, files below `lbkit/tests/data`.
"""

import os
from pathlib import Path

DATA = Path(__file__).parent / "data"


def compare(name: str, text: str) -> None:
    """Assert that the golden file `name` holds `text`; write it instead where LBKIT_GOLDEN=write."""
    file = DATA / name
    if os.environ.get("LBKIT_GOLDEN") == "write":
        file.write_text(text)
    assert text == file.read_text(), f"{file.name} differs; if that is meant: make golden"
