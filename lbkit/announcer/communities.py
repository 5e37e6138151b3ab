"""Community names as written in a BGPAdvertisement -> community values.

Source: RFC 1997 (two 16-bit numbers), RFC 8092 (large: three 32-bit numbers), MetalLB's Community objects (aliases).

Pure.
"""

from collections.abc import Iterable, Mapping

from lbkit.errors import InputError, Problem


def resolve(written: Iterable[str], aliases: Mapping[str, str]) -> tuple[str, ...]:
    """Turn names and values into values.

    Args:
        written: values (`64512:100`, `large:64512:1:2`) or names of aliases.
        aliases: {name: value}.

    Returns:
        Values in one spelling (no leading zeros), sorted, each once.

    Raises:
        InputError: with one problem for each that is neither a value nor a known name.
    """
    found: set[str] = set()
    problems: list[Problem] = []
    for text in written:
        value = _canonical(aliases.get(text, text))
        if value is None:
            problems.append(Problem("spec.communities", f"{text!r} is no community value and no known alias"))
        else:
            found.add(value)
    if problems:
        raise InputError(*problems)
    return tuple(sorted(found))


def _canonical(text: str) -> str | None:
    prefix, limit, count = ("large:", 1 << 32, 3) if text.startswith("large:") else ("", 1 << 16, 2)
    parts = text.removeprefix(prefix).split(":")
    if len(parts) != count or not all(part.isascii() and part.isdigit() and int(part) < limit for part in parts):
        return None
    return prefix + ":".join(str(int(part)) for part in parts)
