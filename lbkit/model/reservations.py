"""Reads `lbkit.io/reserved`: which addresses of a pool are kept for whom.

`10.0.0.5=shop/web, 10.0.0.8-10.0.0.15=shop/*, 10.0.0.64/28`: one address, a range or a prefix, for one Service, for
all Services of a namespace, or (without `=`) for nobody.

Pure.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from lbkit.errors import InputError, Problem
from lbkit.model.addresses import address, address_range
from lbkit.model.views import Range, Reservation

_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", re.ASCII)
"""DNS subdomain names, RFC 1123, as Kubernetes has them."""


def reservations(text: str) -> tuple[Reservation, ...]:
    """Read the annotation; empty entries (a comma too many) mean nothing.

    Returns:
        In the order of the addresses, IPv4 first.

    Raises:
        InputError: an entry that cannot be read, or two that share an address.
    """
    found, problems = [], []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        try:
            found.append(_reservation(entry))
        except InputError as err:
            problems += [Problem("", f'entry "{entry[:80]}": {problem.message}') for problem in err.problems]
    found.sort(key=_order)
    for one, other in pairwise(found):
        if one.range.family == other.range.family and int(other.range.first) <= int(one.range.last):
            problems.append(Problem("", f"{one} and {other} share addresses; reserve each address once"))
    if problems:
        raise InputError(*problems)
    return tuple(found)


def outside(reserved: Iterable[Reservation], ranges: Iterable[Range]) -> tuple[Reservation, ...]:
    """Give the reservations that are not wholly within a pool's ranges."""
    merged: list[tuple[int, int, int]] = []
    for family, first, last in sorted((piece.family, int(piece.first), int(piece.last)) for piece in ranges):
        if merged and merged[-1][0] == family and first <= merged[-1][2] + 1:
            merged[-1] = (family, merged[-1][1], max(merged[-1][2], last))
        else:
            merged.append((family, first, last))
    return tuple(
        item
        for item in reserved
        if not any(
            family == item.range.family and first <= int(item.range.first) and int(item.range.last) <= last
            for family, first, last in merged
        )
    )


def _reservation(entry: str) -> Reservation:
    what, equals, who = (part.strip() for part in entry.partition("="))
    is_single = "/" not in what and "-" not in what
    reserved = Range(address(what), address(what)) if is_single else address_range(what)
    if not equals:
        return Reservation(reserved)
    namespace, _, name = who.partition("/")
    if not _NAME.fullmatch(namespace) or not (name == "*" or _NAME.fullmatch(name)):
        raise InputError(Problem("", f'"{who[:80]}" is no Service; write namespace/name or namespace/*'))
    return Reservation(reserved, namespace, name)


def _order(item: Reservation) -> tuple[int, int]:
    return item.range.family, int(item.range.first)
