"""Keeps out of the long-running processes what libraries import without need.

* structlog imports rich, and with it pygments, for tracebacks in colour on a terminal: 3.4 MB in every controller and
  speaker, whose log is JSON. A None in `sys.modules` makes an import fail (Python language reference, 5.3.1), which
  structlog takes for "not installed".
* pyroute2's front page imports all that it has, a database and a 9P server among it: 6 MB and 0.1 s for a speaker that
  needs one socket. A package without its front page gives its parts all the same.
* pyroute2 asks for unittest.mock, and its front page brings a test runner and a parser of commands: 0.6 MB.

Shell: the interpreter's table of modules.
"""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import Final

_UNUSED: Final = ("rich",)
_PARTS_ONLY: Final = ("pyroute2", "unittest")


def spare() -> None:
    """Have imports of what this process never uses fail or do little; call it before anything else is imported."""
    for name in _UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # typeshed knows only modules in it
    for name in _PARTS_ONLY:
        spec = PathFinder.find_spec(name)
        if spec is not None and name not in sys.modules:
            sys.modules[name] = module_from_spec(spec)  # made, and not executed
