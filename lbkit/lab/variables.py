"""Variables in topology files, replaced as containerlab replaces them.

A lab's images are variables with published names as defaults, so the same file works by hand and with images of our
own. What we read must be what containerlab will read.
Source: containerlab v0.79 core/file.go (github.com/hellt/envsubst, options "no digits" and "no replace").

Pure.
"""

import re
from collections.abc import Mapping
from typing import Final

from lbkit.errors import InputError, Problem

_PATTERN: Final = re.compile(
    r"""
      \$\$                                                            # an escaped dollar
    | \$\{ (?P<name>[A-Za-z_]\w*) (?: (?P<operator>:?[-=+]) (?P<default>[^}\n]*) )? \}
    | \$ (?P<bare>[A-Za-z_]\w*)
    | (?P<open>\$\{) (?!\d)                                           # opened, and nothing of the above
    """,
    re.VERBOSE,
)


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """Replace `${NAME:=default}`, `${NAME:-default}`, `${NAME:+other}`, `${NAME}`, `$NAME` and `$$`.

    Args:
        text: the whole file.
        variables: what the environment holds; an empty value counts as none.

    Returns:
        The text containerlab parses. A variable that is not set and has no default stays as `$NAME`.

    Raises:
        InputError: a `${` without its brace; the path is the line number.
    """
    broken = [
        Problem(f"line {text.count(chr(10), 0, found.start()) + 1}", "${ is not a variable with a closing brace")
        for found in _PATTERN.finditer(text)
        if found["open"]
    ]
    if broken:
        raise InputError(*broken)
    return _PATTERN.sub(lambda found: _value(found, variables), text)


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name = found["name"] or found["bare"]
    if not name:
        return "$"
    value, default = variables.get(name, ""), found["default"] or ""
    if (found["operator"] or "").endswith("+"):
        return substitute(default, variables) if name in variables else ""
    if value:
        return value
    # Without the colon a default serves only a variable that is not there at all.
    wants_default = found["operator"] and (found["operator"].startswith(":") or name not in variables)
    return substitute(default, variables) if wants_default and default else f"${name}"
