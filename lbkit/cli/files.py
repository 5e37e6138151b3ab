"""The files that commands read: each as it is, folders with what is in them, `-` for standard input.

Shell: reads files and standard input.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import yaml

import lbkit
from lbkit.errors import InputError, MissingError, Problem
from lbkit.operator.fields import Json
from lbkit.operator.schema import schemas

STDIN: Final = "-"
SUFFIXES: Final = (".yaml", ".yml", ".json")
"""What is read of a folder, as kubectl does."""


def read_all(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Read files.

    Args:
        names: files, folders (their files, not those of folders in them), or `-`.

    Yields:
        Name and text.

    Raises:
        MissingError: there is no such file.
        InputError: it cannot be read.
    """
    for name in names:
        path = Path(name)
        if name == STDIN:
            yield "stdin", sys.stdin.read()
        elif path.is_dir():
            found = sorted(each for each in path.iterdir() if each.suffix in SUFFIXES and each.is_file())
            if not found:
                raise MissingError(Problem(name, f"has no file that ends in {', '.join(SUFFIXES)}"))
            for each in found:
                yield str(each), _read(each)
        else:
            yield name, _read(path)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise MissingError(Problem(str(path), "there is no such file")) from None
    except (OSError, UnicodeDecodeError) as err:
        raise InputError(Problem(str(path), f"cannot be read: {err}")) from err


def crd_schemas() -> dict[tuple[str, str], Json]:
    """Read the schemas of lbkit's CRDs: {(kind, apiVersion): schema}."""
    folder = Path(lbkit.__file__).parent / "manifests" / "crds"
    files = sorted(folder.glob("*.metallb.io.yaml"))
    return schemas({path.name: yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader) for path in files})
