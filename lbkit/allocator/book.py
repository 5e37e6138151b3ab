"""Who holds which address.

The book is the truth of the API server plus what has been decided and not yet been confirmed. An address that a
Service must give up stays its own until the API shows that it is gone (`lingering`), so that no moment exists in
which two Services show one address. What a pool lets rest after that is everybody's again only when its time is over.

Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from lbkit.allocator.outcome import Refuse
from lbkit.allocator.pools import Pools
from lbkit.allocator.rest import Rest, Resting
from lbkit.allocator.sharing import Claim, refusal
from lbkit.allocator.stock import Stock
from lbkit.model.addresses import FAMILIES, family, from_int
from lbkit.model.names import Reason
from lbkit.model.times import whole_seconds
from lbkit.model.views import Family, IPAddress, Key, Pool, Reservation


@dataclass(frozen=True, slots=True)
class _Holding:
    addresses: tuple[IPAddress, ...] = ()
    lingering: tuple[IPAddress, ...] = ()


_NOTHING = _Holding()


class Book:
    """Claims by address and by Service, over the pools of one configuration.

    It changes in `take`, `see`, `release`, `use_pools`, `tick` and `restore` only; deciding reads it.

    Attributes:
        pools: the pools in force.
        stock: what they have; to be read only.
        given_back: addresses of which a hold or a rest has ended or changed, so that Services that were refused may be
            served; whoever decides for these empties it.
        rests_changed: counts rests that began or ended; when it moves, what is remembered of them is old.
    """

    def __init__(self, pools: Pools | None = None) -> None:
        self._claims: dict[Family, dict[int, dict[Key, Claim]]] = {4: {}, 6: {}}
        self._holdings: dict[Key, _Holding] = {}
        self._addresses_by_key: dict[str, set[IPAddress]] = {}
        self._resting = Resting()
        self._now_s = 0.0
        self.given_back: set[IPAddress] = set()
        self.rests_changed = 0
        self.use_pools(pools or Pools())

    def use_pools(self, pools: Pools) -> None:
        """Go on with other pools; everybody keeps what they hold, also where no pool has it any more."""
        self.pools = pools
        taken = {item: (self._claims[item], self._resting.by_value[item]) for item in FAMILIES}
        self.stock = Stock(pools, taken)
        for item, claims in self._claims.items():
            for value in claims:
                self.stock.hold(from_int(value, item), +1)
        for rest in self._resting:
            self.stock.rest(rest.address, +1)
        self._shorten_rests()

    def tick(self, now_s: float) -> None:
        """Let time pass: end what has rested long enough; what is given back from now on rests from now on.

        Args:
            now_s: seconds since 1970-01-01 UTC. After a step back nothing rests longer than its pool wants it from now.
        """
        is_step_back = now_s < self._now_s
        self._now_s = now_s
        if is_step_back:
            self._shorten_rests()
        for address in self._resting.over(now_s):
            self._end_rest(address)
            self.stock.freed(address)

    def restore(self, rests: Iterable[Rest]) -> None:
        """Let addresses rest that rested before a restart; those that somebody holds, or that no pool rests, do not."""
        for rest in rests:
            if rest.until_s > self._now_s and not self.is_taken(rest.address):
                self._begin_rest(rest.address, rest.holder, rest.until_s)

    def resting(self) -> tuple[Rest, ...]:
        """Give all that rests, first to end first."""
        return tuple(sorted(self._resting, key=lambda rest: (rest.until_s, int(rest.address))))

    def next_end_s(self) -> float | None:
        """Say when the next rest ends; None if nothing rests."""
        return self._resting.next_end_s()

    def held(self, service: Key) -> tuple[IPAddress, ...]:
        """Give the addresses decided for a Service; empty if none."""
        return self._holdings.get(service, _NOTHING).addresses

    def lingering(self, service: Key) -> tuple[IPAddress, ...]:
        """Give the addresses a Service has lost but still shows."""
        return self._holdings.get(service, _NOTHING).lingering

    def is_taken(self, address: IPAddress) -> bool:
        """Whether somebody holds an address, or it rests."""
        return int(address) in self._claims[family(address)] or self._resting.get(address) is not None

    def refusal(self, address: IPAddress, claim: Claim, pool: Pool) -> str:
        """Say why `claim` may not be laid to `address`; empty if it may."""
        for other in self._claims[family(address)].get(int(address), {}).values():
            if reason := refusal(claim, other, pool.sharing_namespaces):
                return reason
        return ""

    def obstacle(self, address: IPAddress, claim: Claim, pool: Pool) -> Refuse | None:
        """Say why an address of a pool cannot be given to a Service that has not got it; None if it can."""
        if why := self.refusal(address, claim, pool):
            return Refuse(Reason.ADDRESS_IN_USE, f'"{address}": {why}')
        reservation = self.stock.reservation_of(address)
        if reservation is not None and not reservation.is_for(claim.service):
            why = f'"{address}" is reserved for {reservation.holder} in pool "{pool.name}"'
            return Refuse(Reason.ADDRESS_RESERVED, why)
        rest = self._resting.get(address)
        if rest is not None and rest.holder != claim.service:
            return Refuse(
                Reason.ADDRESS_QUARANTINED,
                f'"{address}" rests until {whole_seconds(rest.until_s)}: {rest.holder} gave it back, and pool '
                f'"{pool.name}" has a quarantine of {pool.quarantine_s}s',
            )
        return None

    def last_held(self, pool: Pool, item: Family, claim: Claim) -> IPAddress | None:
        """Give the address of a pool that a Service gave back last and that still rests; None if there is none."""
        for rest in self._resting.of(claim.service):
            if family(rest.address) == item and self.pools.of(rest.address) is pool:
                return rest.address if self.obstacle(rest.address, claim, pool) is None else None
        return None

    def lowest_shared(self, pool: Pool, item: Family, claim: Claim) -> IPAddress | None:
        """Give the lowest address of a pool that holders of the same sharing key would share; None if there is none."""
        if not claim.sharing_key:
            return None
        return min(
            (
                address
                for address in self._addresses_by_key.get(claim.sharing_key, ())
                if family(address) == item
                and self.pools.of(address) is pool
                and self.obstacle(address, claim, pool) is None
            ),
            default=None,
            key=int,
        )

    def squatters(self, pool: Pool) -> tuple[tuple[IPAddress, Reservation, Key], ...]:
        """Give the addresses of a pool that are reserved for one Service and held by another, in order."""
        found = []
        for reservation in pool.reservations:
            first, last = int(reservation.range.first), int(reservation.range.last)
            claims = self._claims[reservation.range.family]
            # A reservation may be a /64, and the claims may be ten thousand: the shorter of the two is walked.
            values = range(first, last + 1) if last - first < len(claims) else sorted(claims)
            found += [
                (from_int(value, reservation.range.family), reservation, holder)
                for value in values
                if first <= value <= last
                for holder in sorted(claims.get(value, ()))
                if not reservation.is_for(holder)
            ]
        return tuple(found)

    def services(self) -> dict[Key, tuple[IPAddress, ...]]:
        """Give every Service that holds something, with what was decided for it."""
        return {service: holding.addresses for service, holding in self._holdings.items() if holding.addresses}

    def take(self, claim: Claim, addresses: tuple[IPAddress, ...], visible: Iterable[IPAddress] = ()) -> None:
        """Enter what was decided for a Service.

        Args:
            claim: its claim from now on.
            addresses: what it holds from now on; empty to give up everything.
            visible: what its status still shows. Of what it held before, this lingers; the rest is free at once.
        """
        old = self._holdings.get(claim.service, _NOTHING)
        shown = set(visible)
        kept = set(addresses)
        before = dict.fromkeys(old.addresses + old.lingering)
        lingering = tuple(address for address in before if address in shown and address not in kept)
        for address in addresses:
            self._put(address, claim)
        for address in before:
            if address not in kept and address not in lingering:
                self._drop(address, claim.service)
        self._hold(claim.service, _Holding(addresses, lingering))

    def linger(self, claim: Claim, visible: Iterable[IPAddress]) -> None:
        """Hold back what a Service shows and nobody holds: given away before this process began, it is still out there.

        Also what no pool has: a pool may come, and have it, before the status is clear.

        Args:
            claim: the Service's claim.
            visible: what its status shows.
        """
        found = tuple(
            address for address in dict.fromkeys(visible) if int(address) not in self._claims[family(address)]
        )
        if found:
            for address in found:
                self._put(address, claim)
            old = self._holdings.get(claim.service, _NOTHING)
            self._hold(claim.service, _Holding(old.addresses, old.lingering + found))

    def see(self, service: Key, visible: Iterable[IPAddress]) -> bool:
        """Enter what a Service's status shows now.

        Returns:
            Whether an address became free by it.
        """
        old = self._holdings.get(service, _NOTHING)
        shown = set(visible)
        gone = [address for address in old.lingering if address not in shown]
        for address in gone:
            self._drop(address, service)
        if gone:
            left = tuple(address for address in old.lingering if address in shown)
            self._hold(service, _Holding(old.addresses, left))
        return bool(gone)

    def release(self, service: Key) -> bool:
        """Forget a Service that is gone.

        Returns:
            Whether an address became free by it.
        """
        old = self._holdings.pop(service, _NOTHING)
        for address in old.addresses + old.lingering:
            self._drop(address, service)
        return old != _NOTHING

    def _hold(self, service: Key, holding: _Holding) -> None:
        if holding == _NOTHING:
            self._holdings.pop(service, None)
        else:
            self._holdings[service] = holding

    def _put(self, address: IPAddress, claim: Claim) -> None:
        holders = self._claims[family(address)].setdefault(int(address), {})
        if not holders:
            self.stock.hold(address, +1)
            self._end_rest(address)
        elif (old := holders.pop(claim.service, None)) is not None:
            if old != claim:
                self.given_back.add(address)
            self._unshare(address, old, holders)
        holders[claim.service] = claim
        if claim.sharing_key:
            self._addresses_by_key.setdefault(claim.sharing_key, set()).add(address)

    def _drop(self, address: IPAddress, service: Key) -> None:
        claims = self._claims[family(address)]
        holders = claims[int(address)]
        self.given_back.add(address)
        self._unshare(address, holders.pop(service), holders)
        if not holders:
            del claims[int(address)]
            self.stock.hold(address, -1)
            if not self._begin_rest(address, service):
                self.stock.freed(address)

    def _unshare(self, address: IPAddress, claim: Claim, left: dict[Key, Claim]) -> None:
        if claim.sharing_key and all(other.sharing_key != claim.sharing_key for other in left.values()):
            addresses = self._addresses_by_key[claim.sharing_key]
            addresses.discard(address)
            if not addresses:
                del self._addresses_by_key[claim.sharing_key]

    def _begin_rest(self, address: IPAddress, holder: Key, until_s: float = inf) -> bool:
        """Let an address rest for as long as its pool says, or until `until_s` if that is sooner; say if it does."""
        pool = self.pools.of(address)
        if pool is None or not pool.quarantine_s:
            return False
        self._resting.add(Rest(address, holder, min(until_s, self._now_s + pool.quarantine_s)))
        self.stock.rest(address, +1)
        self.rests_changed += 1
        return True

    def _end_rest(self, address: IPAddress) -> None:
        if self._resting.remove(address):
            self.stock.rest(address, -1)
            self.rests_changed += 1
            self.given_back.add(address)

    def _shorten_rests(self) -> None:
        """Hold every rest to what its pool wants from now; an address that is of no pool now rests on."""
        for rest in tuple(self._resting):
            pool = self.pools.of(rest.address)
            if pool is not None and rest.until_s > self._now_s + pool.quarantine_s:
                self._end_rest(rest.address)
                if not self._begin_rest(rest.address, rest.holder):
                    self.stock.freed(rest.address)
