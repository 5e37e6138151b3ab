"""Rules of the choice of an address's owner.

Pure.
"""

from hashlib import sha256
from ipaddress import IPv4Address, ip_address

from hypothesis import given
from hypothesis import strategies as st

from lbkit.announcer.ownership import owner

NAMES = st.sets(st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=20), max_size=8)
ADDRESS = IPv4Address("192.0.2.1")


def test_the_smallest_hash_owns() -> None:
    """The order is that of sha256("<node>#<address>"), as MetalLB's."""
    names = {"a", "b", "c"}
    expected = min(names, key=lambda name: sha256(f"{name}#192.0.2.1".encode()).hexdigest())
    assert owner(ADDRESS, names) == expected


def test_nobody_owns_without_candidates() -> None:
    """No candidates, no owner."""
    assert owner(ADDRESS, set()) is None
    assert owner(ADDRESS, set(), {"a": 1}) is None


@given(st.ip_addresses(), NAMES)
def test_losing_another_node_moves_nothing(address: IPv4Address, names: set[str]) -> None:
    """An address only moves if its own owner is lost."""
    chosen = owner(address, names)
    for lost in names - {chosen}:
        assert owner(address, names - {lost}) == chosen


def test_a_preferred_node_comes_before_a_better_hash() -> None:
    """Weight first, hash second; an absent weight is 0."""
    names = {"a", "b", "c"}
    worst = max(names, key=lambda name: sha256(f"{name}#192.0.2.1".encode()).digest())
    assert owner(ADDRESS, names, {worst: 1}) == worst


def test_a_preferred_node_that_is_no_candidate_has_no_say() -> None:
    """A preference makes nobody a candidate."""
    assert owner(ADDRESS, {"a"}, {"b": 100}) == "a"


def test_addresses_spread_over_the_nodes() -> None:
    """Each of four nodes gets its part of 400 addresses."""
    names = {"a", "b", "c", "d"}
    owned = [owner(ip_address(0xC0000200 + number), names) for number in range(400)]
    assert all(60 < owned.count(name) < 140 for name in names)
