"""Finds the targets: each Python file in `conformance/targets` holds one `TARGET`, or several `TARGETS`.

A third party writes one such file, there or anywhere else (`--target path/to/file.py`); nothing else is changed.

Shell: imports the target files.
"""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

from conformance.suite.features import FEATURES, Tier
from conformance.suite.target import Target
from lbkit.errors import InputError, Problem

TARGETS: Final = Path(__file__).resolve().parents[1] / "targets"
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def targets(folder: Path = TARGETS) -> dict[str, Target]:
    """Load every target that the suite comes with.

    Returns:
        {name: target}, by name.

    Raises:
        InputError: a file holds no target, or one that cannot be, or two have one name.
    """
    found = [target for path in sorted(folder.glob("[!_]*.py")) for target in in_file(path)]
    names = [target.name for target in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(*(Problem(str(folder), f"got two targets with the name {name}") for name in twice))
    return {target.name: target for target in sorted(found, key=lambda target: target.name)}


def chosen(option: str, folder: Path = TARGETS) -> Target:
    """Read `--target`.

    Args:
        option: a name, or the path of a file that holds one target.
        folder: of the targets that have a name.

    Raises:
        InputError: there is no such target.
    """
    if option.endswith(".py") or "/" in option:
        found = in_file(Path(option))
        if len(found) != 1:
            names = ", ".join(target.name for target in found)
            raise InputError(Problem(option, f"got {len(found)} targets ({names}), wanted one"))
        return found[0]
    known = targets(folder)
    if option not in known:
        wanted = f"wanted one of {', '.join(known)}, or the path of a file with one"
        raise InputError(Problem("--target", f"got {option}, {wanted} (how: conformance/targets/README.md)"))
    return known[option]


def in_file(path: Path) -> tuple[Target, ...]:
    """Import a file and return its targets, in its order.

    Args:
        path: of a Python file.

    Raises:
        InputError: it cannot be imported, or holds no target that can be used; carries every problem.
    """
    module = _imported(path)
    held = getattr(module, "TARGETS", None) or (getattr(module, "TARGET", None),)
    problems: list[Problem] = []
    found: list[Target] = []
    for target in held:
        if not isinstance(target, Target):
            got = "nothing" if target is None else type(target).__name__
            problems.append(Problem(str(path), f"got {got} as TARGET, wanted a conformance.suite.target.Target"))
            continue
        found.append(target)
        if not _NAME.fullmatch(target.name):
            wanted = "wanted lower-case letters, digits and dashes"
            problems.append(Problem(f"{path}: TARGET.name", f'got "{target.name}", {wanted}'))
        if wrong := sorted(name for name in target.features if _tier(name) is not Tier.EXTENDED):
            known = ", ".join(sorted(name for name in FEATURES if _tier(name) is Tier.EXTENDED))
            problems.append(Problem(f"{path}: TARGET.features", f"got {', '.join(wrong)}, wanted some of {known}"))
    if problems:
        raise InputError(*problems)
    return tuple(found)


def _tier(feature: str) -> Tier | None:
    return FEATURES[feature].tier if feature in FEATURES else None


def _imported(path: Path) -> ModuleType:
    """Import a target's file: one of the suite's by its own name, so that it is the same to whoever imports it."""
    path = path.resolve()
    if not path.is_file() or path.suffix != ".py":
        raise InputError(Problem(str(path), "got no such Python file, wanted one that holds a TARGET"))
    try:
        if path.parent == TARGETS:
            return importlib.import_module(f"conformance.targets.{path.stem}")
        spec = importlib.util.spec_from_file_location(f"conformance_target_{path.stem}", path)
        assert spec, path  # it ends with .py
        assert spec.loader, path
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # a dataclass looks its own module up there
        spec.loader.exec_module(module)
    except Exception as err:
        raise InputError(Problem(str(path), f"cannot be imported ({type(err).__name__}: {err})")) from err
    return module
