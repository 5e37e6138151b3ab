"""Values, lists and tables as text for people: plain characters only, so that pipes and 80 columns are served too.

Pure.
"""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from lbkit.operator.fields import Json

_GAP: Final = 3
_SHOWN: Final = 5
"""How many names of a long list a sentence carries."""


def text_of(value: Json, empty: str = "-") -> str:
    """Write a JSON value in one line; nothing, and an empty list or object, as `empty`."""
    if value is None or value in ("", [], {}):
        return empty
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ",".join(f"{key}={text_of(item, '')}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ",".join(text_of(item) for item in value)
    return str(value)


def short(values: Json, most: int = 2) -> str:
    """Write the first of a list, and how many more there are, so that a table stays narrow."""
    there = values if isinstance(values, list | tuple) else [values]
    more = len(there) - most
    return text_of(there) if more <= 0 else f"{text_of(there[:most])} and {more} more"


def some(names: Iterable[object], one: str, many: str) -> str:
    """Count things and name the first of them: `Service a/b`, `7 Services (a/b, a/c, …)`."""
    there = [str(name) for name in names]
    if len(there) == 1:
        return f"{one} {there[0]}"
    more = ", …" if len(there) > _SHOWN else ""
    return f"{len(there)} {many} ({', '.join(there[:_SHOWN])}{more})"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay rows out in columns, three spaces apart, without spaces at the ends of lines."""
    lines = [tuple(titles), *(tuple(row) for row in rows)]
    widths = [max(len(cells[index]) for cells in lines) for index in range(len(titles))]
    return "\n".join(
        (" " * _GAP).join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in lines
    )


def facts(pairs: Iterable[tuple[str, str]], width: int) -> str:
    """Lay names and values out in two columns; long values go on below themselves."""
    there = list(pairs)
    first = max((len(name) for name, _ in there), default=0) + _GAP
    return "\n".join(line for name, value in there for line in _fact(name.ljust(first), value, width))


def wrapped(text: str, width: int, first: str = "", other: str = "") -> str:
    """Break a text at spaces; words longer than a line stay whole, as they are to be copied."""
    return textwrap.fill(
        text,
        max(width, len(other) + 20),
        initial_indent=first,
        subsequent_indent=other,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _fact(name: str, value: str, width: int) -> list[str]:
    lines = value.splitlines() or [""]
    deeper = "  " if len(lines) > 1 else ""
    broken = [piece for line in lines for piece in wrapped(line, width - len(name), other=deeper).splitlines() or [""]]
    return [((name if index == 0 else " " * len(name)) + piece).rstrip() for index, piece in enumerate(broken)]
