"""Keeps out of the long-running processes what a library imports only because it finds it installed.

structlog imports rich, and with it pygments, for tracebacks in colour on a terminal: 3.4 MB in every controller and
speaker, whose log is JSON. A None in `sys.modules` makes an import fail (Python language reference, 5.3.1), which
structlog takes for "not installed".

Shell: the interpreter's table of modules.
"""

import sys
from typing import Final

_UNUSED: Final = ("rich",)


def spare() -> None:
    """Make imports of what this process never uses fail; call it before anything imports structlog."""
    for name in _UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # typeshed knows only modules in it
