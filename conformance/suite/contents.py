"""What an image consists of, as its own files say it: packages of Debian, Python distributions, modules of Go programs.

Source: deb-control(5) (`/var/lib/dpkg/status`, and `status.d/` of images without dpkg); PyPA, "Recording installed
projects" (NAME-VERSION.dist-info); Go, debug/buildinfo (format since Go 1.18).

Shell: files of a container's root, as /proc shows it.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_GO_MAGIC: Final = b"\xff Go buildinf:"
_GO_INLINE: Final = 2
"""A flag of the header: the strings follow it."""
_GO_HEADER: Final = 32
_GO_SENTINEL: Final = 16
"""Bytes before and after the list of modules."""
_DPKG: Final = ("var/lib/dpkg/status", "var/lib/dpkg/status.d")
_PACKAGE: Final = re.compile(r"^Package: (?P<name>\S+)$.*?^Version: (?P<version>\S+)$", re.MULTILINE | re.DOTALL)
_DISTRIBUTION: Final = re.compile(r"^(?P<name>.+?)-(?P<version>[^-]+)\.dist-info$")
_NOT_OF_THE_IMAGE: Final = frozenset({"proc", "sys", "dev"})

Components = dict[str, str]
"""{name: version}."""


def components(root: Path, programs: tuple[Path, ...]) -> dict[str, Components]:
    """List what an image consists of.

    Args:
        root: of its file system.
        programs: that run of it.

    Returns:
        {debian, python, go: their components}; empty where there are none.
    """
    found: dict[str, Components] = {"debian": {}, "python": dict(_distributions(root)), "go": {}}
    for text in _dpkg(root):
        found["debian"] |= packages(text)
    for program in programs:
        found["go"] |= modules(program.read_bytes())
    return found


def packages(text: str) -> Components:
    """Read packages of Debian from a status file; one block each."""
    blocks = (_PACKAGE.search(block) for block in text.split("\n\n"))
    return {match["name"]: match["version"] for match in blocks if match}


def modules(program: bytes) -> Components:
    """Read the modules that a Go program was built from, with Go itself as `go`; nothing of any other program."""
    at = program.find(_GO_MAGIC)
    while at >= 0:
        if len(program) > at + _GO_HEADER and program[at + 15] & _GO_INLINE:
            version, after = _string(program, at + _GO_HEADER)
            listed, _ = _string(program, after)
            text = listed[_GO_SENTINEL:-_GO_SENTINEL].decode(errors="replace")
            rows = [line.split("\t") for line in text.splitlines()]
            found = {row[1]: row[2] for row in rows if row[0] in {"mod", "dep"} and len(row) > 2}
            return {"go": version.decode(errors="replace"), **found}
        at = program.find(_GO_MAGIC, at + 1)
    return {}


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    """Read a string with its length before it, as a varint; return it, and where the next thing begins."""
    length = shift = 0
    while True:
        byte = data[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return data[at : at + length], at + length


def _dpkg(root: Path) -> Iterator[str]:
    for name in _DPKG:
        path = root / name
        files = sorted(path.iterdir()) if path.is_dir() else [path] if path.is_file() else []
        yield from (file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file())


def _distributions(root: Path) -> Iterator[tuple[str, str]]:
    for folder, names, _ in os.walk(root):
        if Path(folder) == root:
            names[:] = sorted(set(names) - _NOT_OF_THE_IMAGE)
        yield from ((match["name"], match["version"]) for name in names if (match := _DISTRIBUTION.match(name)))
