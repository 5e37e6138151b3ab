"""Community names as written in a BGPAdvertisement -> community values.

Source: RFC 1997 (two 16-bit numbers), RFC 8092 (large: three 32-bit numbers), MetalLB's Community objects (aliases).

Pure.
"""

from collections.abc import Iterable, Mapping

from lbkit.errors import InputError, Problem
from lbkit.model.parse_config import community


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
        try:
            found.add(community(aliases.get(text, text)))
        except InputError:
            problems.append(Problem("spec.communities", f"{text!r} is no community value and no known alias"))
    if problems:
        raise InputError(*problems)
    return tuple(sorted(found))
