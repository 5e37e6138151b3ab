"""The labs that lbkit ships, read from `labs/`, and a way to break one of them for a test."""

from collections.abc import Mapping
from pathlib import Path

LABS = Path(__file__).parents[3] / "labs"


def files(name: str) -> dict[str, str]:
    """Every file of a lab, by the path relative to its folder; what containerlab made is left out."""
    own = {path.relative_to(LABS / name).as_posix(): path for path in (LABS / name).rglob("*")}
    shared = {f"../{path.relative_to(LABS).as_posix()}": path for path in (LABS / "common").rglob("*")}
    return {
        name: path.read_text(encoding="utf-8")
        for name, path in (own | shared).items()
        if path.is_file() and not name.startswith("clab-")
    }


def broken(name: str, file: str, old: str, new: str) -> Mapping[str, str]:
    """The files of a lab with the first `old` of one file replaced by `new`."""
    contents = files(name)
    assert old in contents[file], f"{file} has no {old!r} to replace"
    contents[file] = contents[file].replace(old, new, 1)
    return contents
