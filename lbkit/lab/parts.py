"""The parts of a lab: what each is made of, the key of its inputs, and the order to build them in.

A part is known by the hash of everything that goes into it: its entry in `images/parts.toml`, the files of its
folder, its other inputs, and the keys of the parts it needs. Same key, same thing: so a built part is never built
again, and a changed input rebuilds exactly what it reaches.

Pure.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from lbkit.errors import InputError, Problem

Kind: TypeAlias = Literal["debian", "go", "binary", "docker"]
KEY_LENGTH = 12
"""Hex digits of a key: 48 bits, far more than enough for the few dozen things a cache holds."""


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of `images/parts.toml`.

    Args:
        base: the image part that a Dockerfile's `BASE` argument names.
        copies: files of other parts, as `part/file`, put into a Dockerfile's context below `parts/`.
        preload: image parts put into the containerd of a kind node image.
        commands: file name -> Go package, for `go` parts.
        edits: folder below `images/` whose `edits.toml` changes a Go module's source.
        inputs: patterns of files outside the part's folder; a leading `!` takes files away again.
        published: the image to pull instead, empty where there is none.
    """

    name: str
    kind: Kind
    version: str = ""
    published: str = ""
    packages: tuple[str, ...] = ()
    module: str = ""
    staging: str = ""
    source: str = ""
    ldflags: str = "-s -w"
    commands: Mapping[str, str] = field(default_factory=dict)
    edits: str = ""
    manifests: str = ""
    binary: str = ""
    base: str = ""
    copies: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    wheels: str = ""
    python: str = ""
    inputs: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the parts that must be there first, sorted."""
        files = (*self.copies, *((self.binary,) if self.binary else ()))
        return tuple(
            sorted({*(file.split("/")[0] for file in files), *self.preload, *((self.base,) if self.base else ())})
        )

    @property
    def is_image(self) -> bool:
        """Whether it ends as a container image (else as a folder of binaries)."""
        return self.kind != "go"

    @property
    def folder(self) -> str:
        """The folder below `images/` that belongs to it."""
        return self.source or self.edits or self.name


@dataclass(frozen=True, slots=True)
class Parts:
    """All parts by name, in the order written, and the Go toolchain's version for hosts that have none."""

    by_name: Mapping[str, Part]
    go_version: str


def parse(text: str) -> Parts:
    """Read `images/parts.toml`.

    Raises:
        InputError: with every problem: unknown kinds, fields, parts that are needed but missing, cycles.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise InputError(Problem("images/parts.toml", f"is not TOML: {err}")) from err
    problems: list[Problem] = []
    by_name: dict[str, Part] = {}
    written = document.get("part", {})
    for name, fields in written.items():
        part = _part(name, fields, problems)
        if part is not None:
            by_name[name] = part
    for part in by_name.values():
        problems += [
            Problem(f"part.{part.name}", f"needs the part {need!r}, which is not there")
            for need in part.needs
            if need not in written
        ]
    if not problems:
        try:
            tuple(TopologicalSorter({name: by_name[name].needs for name in by_name}).static_order())
        except CycleError as err:
            problems.append(
                Problem("images/parts.toml", f"parts need each other in a circle: {' -> '.join(err.args[1])}")
            )
    if problems:
        raise InputError(*problems)
    return Parts(by_name, document.get("toolchain", {}).get("go", ""))


def _part(name: str, fields: Mapping[str, Any], problems: list[Problem]) -> Part | None:  # Any: TOML values
    path = f"part.{name}"
    known = set(Part.__dataclass_fields__) - {"name"}
    unknown = sorted(set(fields) - known)
    problems += [Problem(f"{path}.{key}", f"is not known; known are {', '.join(sorted(known))}") for key in unknown]
    if fields.get("kind") not in get_args(Kind):
        problems.append(Problem(f"{path}.kind", f"is {fields.get('kind')!r}; it is one of {', '.join(get_args(Kind))}"))
        return None
    if unknown:
        return None
    try:
        return msgspec.convert({"name": name, **fields}, Part)
    except msgspec.ValidationError as err:
        problems.append(Problem(path, str(err)))
        return None


def order(parts: Parts, wanted: Iterable[str], stop: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """List what `wanted` takes, each after what it needs.

    Args:
        parts: all parts.
        wanted: names of the parts to have.
        stop: parts that are there already (cached or pulled); what only they need is left out.

    Raises:
        InputError: for a name that is no part.
    """
    missing = [name for name in wanted if name not in parts.by_name]
    if missing:
        raise InputError(*(Problem("parts", f"no part is named {name!r}") for name in missing))
    graph: dict[str, tuple[str, ...]] = {}
    queue = list(wanted)
    while queue:
        name = queue.pop()
        if name not in graph:
            graph[name] = () if name in stop else parts.by_name[name].needs
            queue += graph[name]
    return tuple(TopologicalSorter(graph).static_order())


def matches(part: Part, path: str) -> bool:
    """Whether the repository file `path` (posix, relative) is among the part's `inputs`; the last match decides."""
    is_input = False
    for pattern in part.inputs:
        wanted = pattern.removeprefix("!")
        if fnmatchcase(path, wanted) or fnmatchcase(path, wanted.replace("**/", "")):
            is_input = not pattern.startswith("!")
    return is_input


def keys(parts: Parts, digest_by_part: Mapping[str, str]) -> dict[str, str]:
    """Compute every part's key.

    Args:
        parts: all parts.
        digest_by_part: part name -> hash of the bytes of its files.

    Returns:
        part name -> key, `KEY_LENGTH` hex digits.
    """
    result: dict[str, str] = {}
    for name in TopologicalSorter({name: part.needs for name, part in parts.by_name.items()}).static_order():
        part = parts.by_name[name]
        entry = {key: getattr(part, key) for key in Part.__dataclass_fields__ if key != "published"}
        material = [entry, digest_by_part.get(name, ""), [result[need] for need in part.needs]]
        result[name] = hashlib.sha256(json.dumps(material, sort_keys=True).encode()).hexdigest()[:KEY_LENGTH]
    return result


def image(part: Part, key: str) -> str:
    """Name the image that is built for a part; the tag is the key, so a name never changes what it means."""
    return f"lbkit/{part.name}:{key}"


def go_module(part: Part, module_files: Mapping[str, str], edited: str = "") -> str:
    """Write the go.mod of the wrapper module through which a part's commands are built.

    `go install module@version` cannot be used: it refuses modules with `replace` lines, and it asks for a list of
    versions that not every proxy serves. A module of our own that requires the one we want has neither trouble.

    Args:
        part: a `go` part with a module.
        module_files: `go.mod` of the module itself (its `./staging` replacements are turned into versions).
        edited: folder of an edited copy of the module, empty for none.
    """
    lines = [f"module lbkit.part/{part.name}", "", "go 1.26.0", "", f"require {part.module} {part.version}"]
    if part.staging:
        staged = [
            line.split("=>")[0].strip().removeprefix("replace ").strip()
            for line in module_files.get("go.mod", "").splitlines()
            if "=> ./staging" in line
        ]
        lines += [f"replace {module} => {module} {part.staging}" for module in staged]
    if edited:
        lines.append(f"replace {part.module} {part.version} => {edited}")
    return "\n".join(lines) + "\n"
