"""Pools that go on while a node, pods or the Service network came into them: without the addresses that are theirs.

Such a pool is refused, and its last good state stays in force, so that its Services keep what they have. But what
belongs to somebody else must not be given away meanwhile: it counts as reserved for nobody.

Pure.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace

from lbkit.model.addresses import FAMILIES, from_int
from lbkit.model.used_networks import UsedNetwork
from lbkit.model.views import Family, Pool, Range, Reservation

_Span = tuple[int, int]


def keep_out(pools: Iterable[Pool], networks: Iterable[UsedNetwork]) -> tuple[Pool, ...]:
    """Reserve what belongs to somebody else for nobody.

    Args:
        pools: their ranges do not overlap.
        networks: whose addresses to keep out.

    Returns:
        The pools in their order; the very same where nothing of them is used.
    """
    pools = tuple(pools)
    ranges = {
        item: sorted(
            (int(piece.first), int(piece.last), number)
            for number, pool in enumerate(pools)
            for piece in pool.ranges
            if piece.family == item
        )
        for item in FAMILIES
    }
    starts = {item: [first for first, _, _ in found] for item, found in ranges.items()}
    used: dict[tuple[int, Family], list[_Span]] = {}
    for network in networks:
        item, first, last = network.range.family, int(network.range.first), int(network.range.last)
        for low, high, number in reversed(ranges[item][: bisect_right(starts[item], last)]):
            if high < first:
                break
            used.setdefault((number, item), []).append((max(low, first), min(high, last)))
    return tuple(
        _without(pool, {item: used[number, item] for item in FAMILIES if (number, item) in used})
        for number, pool in enumerate(pools)
    )


def _without(pool: Pool, used: dict[Family, list[_Span]]) -> Pool:
    if not used:
        return pool
    more = [
        Reservation(Range(from_int(first, item), from_int(last, item)))
        for item, spans in used.items()
        for first, last in _left(_merged(spans), _reserved(pool, item))
    ]
    ordered = sorted((*pool.reservations, *more), key=lambda each: (each.range.family, int(each.range.first)))
    return replace(pool, reservations=tuple(ordered))


def _reserved(pool: Pool, item: Family) -> list[_Span]:
    return [(int(each.range.first), int(each.range.last)) for each in pool.reservations if each.range.family == item]


def _merged(spans: Iterable[_Span]) -> Iterator[_Span]:
    """Join spans that overlap or touch, in order."""
    at: _Span | None = None
    for first, last in sorted(spans):
        if at is not None and first <= at[1] + 1:
            at = at[0], max(at[1], last)
            continue
        if at is not None:
            yield at
        at = first, last
    if at is not None:
        yield at


def _left(spans: Iterable[_Span], taken: list[_Span]) -> Iterator[_Span]:
    """Give what is left of spans without those that are taken; both in order and without overlaps."""
    for first, last in spans:
        at = first
        for taken_first, taken_last in taken:
            if taken_last < at or taken_first > last:
                continue
            if taken_first > at:
                yield at, taken_first - 1
            at = taken_last + 1
        if at <= last:
            yield at, last
