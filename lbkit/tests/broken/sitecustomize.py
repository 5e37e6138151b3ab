"""Breaks the lbkit of this process as the environment asks, before any of it runs.

Python imports a module of this name by itself (site); where PYTHONPATH leads here and LBKIT_BROKEN names a switch, the
modules that the switch is about are changed as soon as they are loaded. A change that cannot be made ends the process:
a build that is not broken must not pass for one that is.

Shell: the interpreter's imports, the environment.
"""

import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType

Change = Callable[[ModuleType], None]


class _Changing(importlib.abc.Loader):
    """Loads a module, and changes it."""

    def __init__(self, plain: importlib.abc.Loader, change: Change) -> None:
        self._plain = plain
        self._change = change

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """Leave it to the plain loader."""
        return self._plain.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Load it, and change it."""
        self._plain.exec_module(module)
        self._change(module)


class Breaker(importlib.abc.MetaPathFinder):
    """Finds the modules that are to be changed.

    Args:
        changes: {module: what to do to it once it is loaded}.
    """

    def __init__(self, changes: Mapping[str, Change]) -> None:
        self._changes = changes

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find one of them as Python would, with a loader that changes it."""
        if fullname not in self._changes:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Changing(spec.loader, self._changes[fullname])
        return spec


def install(name: str, switches: Mapping[str, Mapping[str, Change]]) -> None:
    """Let a switch take effect in this process.

    Args:
        name: of the switch.
        switches: {name: {module: change}}.
    """
    changes = switches[name]
    for module, change in changes.items():
        if module in sys.modules:
            change(sys.modules[module])
    sys.meta_path.insert(0, Breaker(changes))


if _asked := os.environ.get("LBKIT_BROKEN", ""):
    try:
        from switches import SWITCHES  # type: ignore[import-not-found]  # it lies beside this file, also in a pod

        install(_asked, SWITCHES)
    except BaseException as _err:  # noqa: BLE001  # whatever it is, the process must not run
        os.write(2, f"LBKIT_BROKEN={_asked}: {type(_err).__name__}: {_err}\n".encode())
        os._exit(70)
