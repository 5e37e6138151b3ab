"""Who holds which address.

The book is the truth of the API server plus what has been decided and not yet been confirmed. An address that a
Service must give up stays its own until the API shows that it is gone (`lingering`), so that no moment exists in
which two Services show one address.

Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from lbkit.allocator.free import Free
from lbkit.allocator.pools import Pools
from lbkit.allocator.sharing import Claim, refusal
from lbkit.model.addresses import family
from lbkit.model.views import Family, IPAddress, Key, Pool


@dataclass(frozen=True, slots=True)
class _Holding:
    addresses: tuple[IPAddress, ...] = ()
    lingering: tuple[IPAddress, ...] = ()


_NOTHING = _Holding()


class Book:
    """Claims by address and by Service, over the pools of one configuration.

    It changes in `take`, `see`, `release` and `use_pools` only; deciding reads it.
    """

    def __init__(self, pools: Pools | None = None) -> None:
        self._claims: dict[Family, dict[int, dict[Key, Claim]]] = {4: {}, 6: {}}
        self._holdings: dict[Key, _Holding] = {}
        self._addresses_by_key: dict[str, set[IPAddress]] = {}
        self.given_back = 0
        """Counts holds that ended or changed; when it moves, Services that were refused may be served."""
        self.use_pools(pools or Pools())

    def use_pools(self, pools: Pools) -> None:
        """Go on with other pools; everybody keeps what they hold, also where no pool has it any more."""
        self.pools = pools
        self._free = {(pool.name, item): Free(pool, item, self._claims[item]) for pool in pools for item in _FAMILIES}
        self._used = dict.fromkeys(self._free, 0)
        for item, claims in self._claims.items():
            for value in claims:
                self._count(_address(value, item), +1)

    def held(self, service: Key) -> tuple[IPAddress, ...]:
        """Give the addresses decided for a Service; empty if none."""
        return self._holdings.get(service, _NOTHING).addresses

    def lingering(self, service: Key) -> tuple[IPAddress, ...]:
        """Give the addresses a Service has lost but still shows."""
        return self._holdings.get(service, _NOTHING).lingering

    def refusal(self, address: IPAddress, claim: Claim, pool: Pool) -> str:
        """Say why `claim` may not be laid to `address`; empty if it may."""
        for other in self._claims[family(address)].get(int(address), {}).values():
            if reason := refusal(claim, other, pool.sharing_namespaces):
                return reason
        return ""

    def lowest_free(self, pool: Pool, item: Family) -> IPAddress | None:
        """Give the first address of a pool that nobody holds; None if all are held."""
        value = self._free[pool.name, item].lowest()
        return None if value is None else _address(value, item)

    def lowest_shared(self, pool: Pool, item: Family, claim: Claim) -> IPAddress | None:
        """Give the lowest address of a pool that holders of the same sharing key would share; None if there is none."""
        if not claim.sharing_key:
            return None
        return min(
            (
                address
                for address in self._addresses_by_key.get(claim.sharing_key, ())
                if family(address) == item and self.pools.of(address) is pool and not self.refusal(address, claim, pool)
            ),
            default=None,
            key=int,
        )

    def used(self, pool: Pool, item: Family) -> int:
        """Count the addresses of a pool that somebody holds."""
        return self._used[pool.name, item]

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
            self._count(address, +1)
        elif (old := holders.pop(claim.service, None)) is not None:
            self.given_back += old != claim
            self._unshare(address, old, holders)
        holders[claim.service] = claim
        if claim.sharing_key:
            self._addresses_by_key.setdefault(claim.sharing_key, set()).add(address)

    def _drop(self, address: IPAddress, service: Key) -> None:
        claims = self._claims[family(address)]
        holders = claims[int(address)]
        self.given_back += 1
        self._unshare(address, holders.pop(service), holders)
        if not holders:
            del claims[int(address)]
            pool = self._count(address, -1)
            if pool is not None:
                self._free[pool.name, family(address)].released(int(address))

    def _unshare(self, address: IPAddress, claim: Claim, left: dict[Key, Claim]) -> None:
        if claim.sharing_key and all(other.sharing_key != claim.sharing_key for other in left.values()):
            addresses = self._addresses_by_key[claim.sharing_key]
            addresses.discard(address)
            if not addresses:
                del self._addresses_by_key[claim.sharing_key]

    def _count(self, address: IPAddress, change: int) -> Pool | None:
        pool = self.pools.of(address)
        if pool is not None:
            self._used[pool.name, family(address)] += change
        return pool


_FAMILIES: tuple[Family, ...] = (4, 6)


def _address(value: int, item: Family) -> IPAddress:
    return IPv4Address(value) if item == 4 else IPv6Address(value)
