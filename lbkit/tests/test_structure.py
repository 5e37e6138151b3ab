"""The house stays as README and design draw it: small files, each saying what it is, pure rooms that are pure."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE_ROOMS = {"model", "packet", "allocator", "announcer", "lab", "operator"}
MOST_LINES = 400
MODULES = sorted(
    path
    for base in ("lbkit", "conformance")
    for path in (ROOT / base).rglob("*.py")
    if not {"tests", "pb", "selftest", "cases"} & set(path.relative_to(ROOT).parts)
)
EVERYTHING = sorted(
    path for base in ("lbkit", "conformance") for path in (ROOT / base).rglob("*.py") if "pb" not in path.parts
)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_a_file_has_at_most_400_lines() -> None:
    """A file that outgrows 400 lines holds more than one idea."""
    lines = {_name(path): len(path.read_text().splitlines()) for path in EVERYTHING}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_a_module_says_what_it_is_and_what_it_touches() -> None:
    """A module's docstring ends with its purity: `Pure.` in pure rooms, `Shell: …` elsewhere."""
    assert {_name(path): wrong for path in MODULES if (wrong := _purity_fault(path))} == {}


def _purity_fault(path: Path) -> str:
    """Say what is wrong with how a module's docstring ends; "" if nothing is."""
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    if not docstring:
        return "has no docstring"
    parts = path.relative_to(ROOT).parts
    last = docstring.rsplit("\n\n", 1)[-1].replace("\n", " ")
    if parts == ("lbkit", "__init__.py") or last == "Pure.":
        return ""
    is_pure_room = len(parts) > 2 and parts[1] in PURE_ROOMS
    return f"ends with {last!r}" if is_pure_room or not last.startswith("Shell: ") else ""


def test_rooms_are_the_drawn_ones() -> None:
    """A new room is a change of the design, not of a commit."""
    drawn = PURE_ROOMS | {
        "kube",
        "kernel",
        "gobgp",
        "runtime",
        "process",
        "controller",
        "speaker",
        "cli",
        "manifests",
        "tests",
    }
    assert {path.name for path in (ROOT / "lbkit").iterdir() if path.is_dir() and path.name != "__pycache__"} == drawn


@pytest.mark.slow
def test_imports_go_up_only() -> None:
    """Rooms import lower rooms only, pure rooms nothing that touches the world (contracts in pyproject.toml)."""
    lint = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    done = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_file_of_this_checkout_names_a_machine_or_a_package_registry() -> None:
    """What is written here must hold on any machine: images may be named, hosts of package registries may not."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    hosts = ("proxy.golang" + ".org", "deb.debian" + ".org", "files.python" + "hosted.org", "registry.npm" + "js")
    found = [
        f"{file}: {host}" for file in listed for host in hosts if host in (ROOT / file).read_text(errors="replace")
    ]
    assert not found
