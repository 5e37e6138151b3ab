"""Writes what rests into a pool's status and reads it again, so that a rest outlives the process that began it.

Source: lbkit's addition to IPAddressPool, `status.quarantined` (lbkit/manifests/crds).

Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from lbkit.allocator.book import Book
from lbkit.allocator.rest import Rest
from lbkit.errors import InputError
from lbkit.model import objects
from lbkit.model.addresses import address
from lbkit.model.times import epoch_s, micro_time
from lbkit.model.views import Key, Pool

MOST: Final = 1000
"""Addresses remembered for one pool, to keep its object small (some 100 KB); those that rest longest are."""


def written(book: Book, pool: Pool) -> list[Mapping[str, str]]:
    """Give `status.quarantined` of a pool: what rests, first to end first."""
    rests = [rest for rest in book.resting() if book.pools.of(rest.address) is pool]
    return [
        {"address": str(rest.address), "service": str(rest.holder), "until": micro_time(rest.until_s)}
        for rest in rests[-MOST:]
    ]


def remembered(pools: Iterable[objects.Pool]) -> Iterator[Rest]:
    """Read what rested when the statuses were written; entries that make no sense (edits by hand) are passed over."""
    for pool in pools:
        status = pool.status or objects.PoolStatus()
        for entry in (status.quarantined or ())[:MOST]:
            namespace, _, name = entry.service.partition("/")
            try:
                yield Rest(address(entry.address), Key(namespace, name), epoch_s(entry.until))
            except InputError:
                continue
