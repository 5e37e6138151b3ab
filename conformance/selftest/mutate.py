"""Tests the tests of the judge: breaks `suite/checks` in a thousand small ways, and counts how many are noticed.

`make mutants`, or `python -m conformance.selftest.mutate [NAME …]`. Each mutant is one change to one file: a
comparison, a boolean, a number, a condition, the word of a verdict; texts are left alone. It is caught if a test of
the checks' tables fails: the verdict of each row, what it says and measures, its answer when parts of the history are
missing or a stranger's doings are in it. Whole cases (test_mutants.py, in a lab) would catch more; they are not asked.

Why not mutmut or cosmic-ray: the tables call the checks' factories when they are imported, which mutmut does once for
all mutants, so that it would see none of them caught; cosmic-ray starts a test run for each, which takes hours. Here a
process that has all loaded forks for each mutant, and loads anew only what the mutant changes.

It goes on where it was stopped, runs when nobody else wants the processor, and forgets what it knew of a file when that
file or a test changes (`--survivors` looks again only at what was not caught, after tests were added).

Exit codes: 0 at least the share wanted is caught; 1 less.

Shell: files, forks, signals, the terminal.
"""

import argparse
import ast
import hashlib
import importlib
import itertools
import json
import os
import signal
import sys
import time
import types
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

from conformance.selftest.mutations import Mutant, mutants
from conformance.selftest.shake import reviewed, shake, told

HERE: Final = Path(__file__).resolve().parent
CHECKS: Final = HERE.parent / "suite" / "checks"
CACHE: Final = HERE.parent / "out" / "mutants.json"
WANTED: Final = 0.9
LIMIT_S: Final = 20
"""For one mutant: one that loops for ever is noticed, too."""


@cache
def tests(module: str) -> tuple[str, ...]:
    """Name the test modules that stand on a module of the checks, those that are about it first."""
    files = [path for path in sorted(HERE.glob("test_*.py")) if path.stem != "test_mutants"]
    direct = [path.stem for path in files if module in _checks(path)]
    behind = [path.stem for path in files if path.stem not in direct and module in _behind(_checks(path))]
    return (*direct, *behind)


@cache
def _checks(path: Path) -> frozenset[str]:
    """Name the modules of the checks that a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    package = "conformance.suite.checks"
    names = {alias.name for node in froms if node.module == package for alias in node.names}
    return frozenset(
        names | {n.module.rpartition(".")[2] for n in froms if n.module and n.module.startswith(f"{package}.")}
    )


def _behind(names: frozenset[str]) -> frozenset[str]:
    """Add the modules of the checks that others of them import."""
    found = names.union(*(_checks(CHECKS / f"{name}.py") for name in names))
    return found if found == names else _behind(found)


def run_tests(name: str) -> None:
    """Import a test module, run its tests that need no fixture, shake its rows; the first failure is raised."""
    module = importlib.import_module(f"conformance.selftest.{name}")
    known, table = reviewed(name), module.ROWS if name.startswith("test_check_") else ()
    for row in table:
        assert row.id not in known or known[row.id] == told(row)
    for function in [value for key, value in vars(module).items() if key.startswith("test_")]:
        marks = [mark for mark in getattr(function, "pytestmark", []) if mark.name == "parametrize"]
        wanted = function.__code__.co_varnames[: function.__code__.co_argcount]
        tables = [_table(*mark.args[:2]) for mark in marks]
        is_random = getattr(function, "is_hypothesis_test", False)  # it fails where the machine is slow, too
        if is_random or set(wanted) != {key for table in tables for row in table[:1] for key in row}:
            continue
        for rows in itertools.product(*tables):
            function(**{key: value for row in rows for key, value in row.items()})
    for row in table:  # what takes longest comes last: most mutants do not live to see it
        shake(row)


def _table(names: str | tuple[str, ...], rows: Any) -> list[dict[str, Any]]:  # Any: whatever a table holds
    keys = [key.strip() for key in names.split(",")] if isinstance(names, str) else list(names)
    values = [getattr(row, "values", row) if not isinstance(row, dict) else row for row in rows]
    return [
        dict(zip(keys, row if len(keys) > 1 or type(row).__name__ == "ParameterSet" else (row,), strict=True))
        for row in values
    ]


def is_caught(mutant: Mutant) -> bool:
    """Run the tests against a mutant, in a process of its own."""
    child = os.fork()
    if child == 0:
        signal.alarm(LIMIT_S)  # its default action ends the process
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        try:
            _put(mutant)
            for name in tests(mutant.module):
                run_tests(name)
        except BaseException:  # noqa: BLE001 - whatever a mutant does to a test, it is noticed
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return status != 0


def _put(mutant: Mutant) -> None:
    """Let a mutant take its module's place, and forget whatever has looked at the module."""
    for name in [*sys.modules]:
        if name.startswith(("conformance.suite.checks.", "conformance.selftest.test_")):
            del sys.modules[name]
    name = f"conformance.suite.checks.{mutant.module}"
    module = types.ModuleType(name)
    module.__file__ = str(CHECKS / f"{mutant.module}.py")
    sys.modules[name] = module
    setattr(sys.modules["conformance.suite.checks"], mutant.module, module)
    exec(compile(mutant.tree, module.__file__, "exec"), module.__dict__)  # noqa: S102 - our own source, changed by us


class Known:
    """What is known of mutants from before, and is written down at once.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path = CACHE) -> None:
        self._path = path
        self._all: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def of(self, module: str, key: str, *, survivors: bool) -> dict[str, bool]:
        """Return {mutant: whether it was caught} for a file as it is now.

        Args:
            module: name of the file.
            key: stands for the file and all tests.
            survivors: keep what was caught by other tests, as long as the file is the same.
        """
        held = self._all.setdefault(module, {"key": "", "caught": {}})
        is_same = held["key"] == key or (survivors and held["key"].split()[:1] == key.split()[:1])
        kept = {i: c for i, c in held["caught"].items() if c or held["key"] == key} if is_same else {}
        self._all[module] = {"key": key, "caught": kept}
        return kept

    def save(self) -> None:
        """Write it down."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._all, indent=0, sort_keys=True) + "\n", encoding="utf-8")


def judge(module: str, known: Known, *, every: int, survivors: bool, say: Callable[[str], None]) -> dict[str, bool]:
    """Try the mutants of a file that nothing is known of.

    Args:
        module: name of the file.
        known: from before.
        every: try each Nth mutant only.
        survivors: as for `Known.of`.
        say: tells of those that were not caught.

    Returns:
        {mutant: whether it was caught}.
    """
    source = (CHECKS / f"{module}.py").read_text(encoding="utf-8")
    chosen = [*mutants(module, source)][every // 2 :: every]
    caught = known.of(module, f"{_hash(source)} {_hash(*_test_sources())}", survivors=survivors)
    for number, mutant in enumerate(chosen):
        if mutant.id not in caught:
            caught[mutant.id] = is_caught(mutant)
            if not caught[mutant.id]:
                say(f"{module}.py:{mutant.id}")
            if number % 20 == 0:
                known.save()
    known.save()
    return {mutant.id: caught[mutant.id] for mutant in chosen}


def _test_sources() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in (*sorted(HERE.glob("test_*.py")), HERE / "made.py")]


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(argv: list[str]) -> int:
    """Try the mutants of the files that are named on the command line, or of all.

    Returns:
        0 enough are caught, 1 not enough.
    """
    parser = argparse.ArgumentParser(prog="python -m conformance.selftest.mutate", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="of files in suite/checks, without .py (default: all)")
    parser.add_argument("--survivors", action="store_true", help="look again only at what was not caught")
    parser.add_argument("--every", type=int, default=1, help="try each Nth mutant only: a sample, sooner")
    asked = parser.parse_args(argv)
    names = asked.names or [path.stem for path in sorted(CHECKS.glob("[!_]*.py"))]
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    for name in sorted({name for module in names for name in tests(module)}):
        run_tests(name)  # what fails unchanged would catch every mutant; and everything is loaded once
    known, total, missed = Known(), 0, 0
    began_s = time.monotonic()
    for module in names:
        caught = judge(
            module, known, every=asked.every, survivors=asked.survivors, say=lambda text: _say(f"  not caught: {text}")
        )
        total, missed = total + len(caught), missed + sum(not one for one in caught.values())
        share = sum(caught.values()) / len(caught) if caught else 1.0
        _say(f"{module:12} {sum(caught.values()):4} of {len(caught):4} caught, {share:6.1%}")
    share = (total - missed) / total if total else 1.0
    took = f"in {time.monotonic() - began_s:.0f} s"
    _say(f"{total - missed} of {total} mutants are caught: {share:.1%}, wanted {WANTED:.0%} ({took})")
    return int(share < WANTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
