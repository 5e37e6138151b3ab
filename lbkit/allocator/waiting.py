"""Who waits for an address, and who of them should be decided for again because something was given back.

Ten thousand Services may wait for a pool, and each address that is given back serves one of them. So they stand in
queues: whoever may take from the same pools and needs the same families stands in one, in the order in which they are
decided for, and as many are looked at as there are free addresses. All who stand behind would be refused once more.
Two sorts stand in no queue: who names its addresses waits for these, and who may get what others may not (under a
sharing key, or because it is reserved for it) is looked at whenever one of its pools has moved.

Pure.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias, TypeVar

from lbkit.allocator.book import Book
from lbkit.allocator.outcome import Assign, Keep, Outcome, Refuse
from lbkit.allocator.request import read
from lbkit.allocator.take import pools_for
from lbkit.model.addresses import family
from lbkit.model.views import Family, IPAddress, Key, Namespace, Service

K = TypeVar("K")
V = TypeVar("V")

_ALL: Final = 2**31
"""More than there are Services: a /64 has more addresses than `islice` takes for a count."""


@dataclass(frozen=True, slots=True)
class _Queue:
    """What all who stand in one queue need.

    Args:
        pools: names of those they may take from.
        families: those they need.
        needs_all: whether one of them alone is of no use.
    """

    pools: tuple[str, ...]
    families: tuple[Family, ...]
    needs_all: bool


@dataclass(frozen=True, slots=True)
class _Named:
    addresses: tuple[IPAddress, ...]


@dataclass(frozen=True, slots=True)
class _Special:
    pools: tuple[str, ...]


_Want: TypeAlias = _Queue | _Named | _Special
_Place: TypeAlias = tuple[str, Key]


class Waiting:
    """Every Service that was refused, or that has not all it asked for.

    Attributes:
        refused: why, of those that have no address.
        incomplete: why, of those that have one, but not all they asked for.
    """

    def __init__(self) -> None:
        self.refused: dict[Key, Refuse] = {}
        self.incomplete: dict[Key, Refuse] = {}
        self._wants: dict[Key, tuple[_Want, _Place]] = {}
        self._queues: dict[_Queue, list[_Place]] = {}
        self._queues_of_pool: dict[str, set[_Queue]] = {}
        self._by_address: dict[IPAddress, set[Key]] = {}
        self._special_of_pool: dict[str, set[Key]] = {}

    def __contains__(self, service: Key) -> bool:
        return service in self.refused or service in self.incomplete

    def __iter__(self) -> Iterator[Key]:
        yield from self.refused
        yield from self.incomplete

    def note(self, service: Service, outcome: Outcome, namespaces: Mapping[str, Namespace], book: Book) -> None:
        """Enter what became of a Service, in place of what was entered before.

        Args:
            service: the Service that was decided for.
            outcome: what was decided.
            namespaces: by name, for their labels.
            book: over the pools in force.
        """
        self.forget(service.key)
        if isinstance(outcome, Refuse):
            self.refused[service.key] = outcome
            have: tuple[IPAddress, ...] = ()
        elif isinstance(outcome, Keep | Assign) and outcome.complaint is not None:
            self.incomplete[service.key] = outcome.complaint
            have = outcome.addresses
        else:
            return
        want = _want(service, have, namespaces, book)
        if want is not None:
            self._enter(want, (service.creation_timestamp, service.key))

    def forget(self, service: Key) -> None:
        """Forget a Service that is gone, or that waits no more."""
        self.refused.pop(service, None)
        self.incomplete.pop(service, None)
        if service in self._wants:
            want, place = self._wants.pop(service)
            self._leave(want, place)

    def worth_deciding(self, given_back: Set[IPAddress], book: Book, busy: Set[Key]) -> set[Key]:
        """Give those for whom the outcome may be another one.

        Args:
            given_back: addresses of which a hold or a rest has ended or changed since everybody here was decided for.
            book: who holds what now.
            busy: Services that cannot be decided for now; others may have what they would have been given.
        """
        found: set[Key] = set()
        moved: set[str] = set()
        for address in given_back:
            found |= self._by_address.get(address, set())
            pool = book.pools.of(address)
            if pool is not None:
                moved.add(pool.name)
        for name in moved:
            found |= self._special_of_pool.get(name, set())
        for queue in {queue for name in moved for queue in self._queues_of_pool.get(name, ())}:
            waiting = (key for _, key in self._queues[queue] if key not in busy)
            found |= set(islice(waiting, _most_served(queue, book)))
        return found - busy

    def _enter(self, want: _Want, place: _Place) -> None:
        self._wants[place[1]] = want, place
        match want:
            case _Queue():
                if want not in self._queues:
                    self._queues[want] = []
                    for name in want.pools:
                        self._queues_of_pool.setdefault(name, set()).add(want)
                insort(self._queues[want], place)
            case _Named():
                for address in want.addresses:
                    self._by_address.setdefault(address, set()).add(place[1])
            case _Special():
                for name in want.pools:
                    self._special_of_pool.setdefault(name, set()).add(place[1])

    def _leave(self, want: _Want, place: _Place) -> None:
        match want:
            case _Queue():
                queue = self._queues[want]
                del queue[bisect_left(queue, place)]
                if not queue:
                    del self._queues[want]
                    for name in want.pools:
                        _discard(self._queues_of_pool, name, want)
            case _Named():
                for address in want.addresses:
                    _discard(self._by_address, address, place[1])
            case _Special():
                for name in want.pools:
                    _discard(self._special_of_pool, name, place[1])


def _want(
    service: Service, have: tuple[IPAddress, ...], namespaces: Mapping[str, Namespace], book: Book
) -> _Want | None:
    """Say what a Service waits for; None if nothing that is given back is of any use to it."""
    request = read(service)
    if request.problem is not None:
        return None
    if request.addresses:
        return _Named(request.addresses)
    found = pools_for(service, request, namespaces, book)
    pools = () if isinstance(found, Refuse) else found
    own = [pool for address in have if (pool := book.pools.of(address)) is not None]
    names = tuple(dict.fromkeys(pool.name for pool in (*own, *pools)))
    families = tuple(item for item in request.families if item not in {family(address) for address in have})
    if not names or not families:
        return None
    if request.sharing_key or book.stock.is_reserved_for(service.key):
        return _Special(names)
    return _Queue(names, families, request.policy != "PreferDualStack")


def _most_served(queue: _Queue, book: Book) -> int:
    """Count how many of a queue can be served at most: each takes an address of every family, or of one at least."""
    free = [
        sum(book.stock.free(pool, item) for name in queue.pools if (pool := book.pools.by_name.get(name)) is not None)
        for item in queue.families
    ]
    return min(min(free) if queue.needs_all else sum(free), _ALL)


def _discard(sets: dict[K, set[V]], key: K, value: V) -> None:
    sets[key].discard(value)
    if not sets[key]:
        del sets[key]
