"""Rules for the book: the lowest free address, holds that linger, counts.

Pure.
"""

import time
from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.allocator.book import Book
from lbkit.allocator.pools import Pools, is_buggy
from lbkit.allocator.sharing import Claim
from lbkit.model.views import IPAddress, Key, Port
from lbkit.tests.allocator.build import book, pool

A, B = ip_address("10.0.0.0"), ip_address("10.0.0.1")


def claim(name: str, key: str = "", port: int = 80) -> Claim:
    """Build a claim of a Service in one namespace."""
    return Claim(Key("shop", name), key, "", frozenset({Port("TCP", port)}))


def test_the_lowest_address_comes_first_and_comes_back_first() -> None:
    """Addresses go out in the order of the ranges; one that was given back goes out next."""
    item = pool("p", "10.0.9.0/31", "10.0.0.0/31")
    opened = book(item)
    taken: list[IPAddress] = []
    while (address := opened.stock.lowest_free(item, 4)) is not None:
        opened.take(claim(str(address)), (address,))
        taken.append(address)
    assert [str(address) for address in taken] == ["10.0.9.0", "10.0.9.1", "10.0.0.0", "10.0.0.1"]
    for name in ("10.0.0.0", "10.0.9.1"):
        opened.release(Key("shop", name))
    assert str(opened.stock.lowest_free(item, 4)) == "10.0.9.1"


def test_a_lost_address_lingers_until_the_status_is_clear() -> None:
    """Nobody else is given what a Service still shows."""
    item = pool("p", "10.0.0.0/30")
    opened = book(item)
    opened.take(claim("a"), (A,))
    opened.take(claim("a"), (B,), visible=(A,))
    assert opened.held(Key("shop", "a")) == (B,)
    assert opened.lingering(Key("shop", "a")) == (A,)
    assert opened.refusal(A, claim("b"), item) != ""
    assert str(opened.stock.lowest_free(item, 4)) == "10.0.0.2"
    assert not opened.see(Key("shop", "a"), (A,))
    assert opened.see(Key("shop", "a"), (B,))
    assert opened.stock.lowest_free(item, 4) == A


def test_what_a_service_shows_but_never_held_does_not_become_its_own() -> None:
    """A status written by somebody else blocks nobody."""
    item = pool("p", "10.0.0.0/30")
    opened = book(item)
    opened.take(claim("b"), (A,))
    opened.take(claim("a"), (), visible=(A,))
    assert opened.lingering(Key("shop", "a")) == ()
    assert opened.refusal(A, claim("b"), item) == ""


def test_what_is_shown_and_nobody_s_is_held_back() -> None:
    """Before this process began somebody gave it away; until the status is clear it is not to be given again."""
    item = pool("p", "10.0.0.0/30")
    opened = book(item)
    opened.take(claim("b"), (B,))
    outside = ip_address("192.0.2.1")
    opened.linger(claim("a"), (A, B, outside))
    assert opened.lingering(Key("shop", "a")) == (A, outside)
    other = pool("q", "192.0.2.1/32")
    opened.use_pools(Pools([item, other]))
    assert opened.stock.lowest_free(other, 4) is None
    assert opened.refusal(A, claim("c"), item) != ""
    opened.see(Key("shop", "a"), ())
    assert opened.stock.lowest_free(item, 4) == A


def test_a_shared_address_is_free_when_the_last_holder_leaves() -> None:
    """Counts are of addresses, not of holders."""
    item = pool("p", "10.0.0.0/30")
    opened = book(item)
    opened.take(claim("a", "k", 80), (A,))
    opened.take(claim("b", "k", 81), (A,))
    assert opened.stock.held(item, 4) == 1
    assert opened.lowest_shared(item, 4, claim("c", "k", 82)) == A
    assert opened.lowest_shared(item, 4, claim("c", "k", 80)) is None
    assert opened.lowest_shared(item, 4, claim("c", "m", 82)) is None
    opened.release(Key("shop", "a"))
    assert opened.stock.lowest_free(item, 4) == B
    opened.release(Key("shop", "b"))
    assert opened.stock.lowest_free(item, 4) == A
    assert opened.stock.held(item, 4) == 0
    assert opened.lowest_shared(item, 4, claim("c", "k", 82)) is None


def test_other_pools_take_nothing_from_anybody() -> None:
    """A new configuration changes what is free; whether somebody may keep an address is decided, not assumed."""
    opened = book(pool("p", "10.0.0.0/30"))
    opened.take(claim("a"), (A,))
    other = pool("q", "10.0.0.1-10.0.0.2")
    opened.use_pools(Pools([other]))
    assert opened.held(Key("shop", "a")) == (A,)
    assert opened.stock.held(other, 4) == 0
    opened.release(Key("shop", "a"))
    assert opened.stock.lowest_free(other, 4) == B


@given(
    st.booleans(),
    st.lists(
        st.one_of(
            st.tuples(st.just("next"), st.integers(0, 30)),
            st.tuples(st.just("take"), st.integers(0, 30)),
            st.tuples(st.just("release"), st.integers(0, 30)),
        ),
        max_size=80,
    ),
)
def test_the_lowest_free_address_is_what_a_scan_would_find(avoids: bool, steps: list[tuple[str, int]]) -> None:
    """Whatever is taken and given back in whatever order, the index agrees with looking at every address."""
    item = pool("p", "10.0.1.250-10.0.2.3", "10.0.0.0/29", "10.0.0.251-10.0.0.255", avoid_buggy_ips=avoids)
    everything = [int(piece.first) + offset for piece in item.ranges for offset in range(piece.size)]
    usable = [value for value in everything if not (avoids and is_buggy(value, 4))]
    opened = book(item)
    held: dict[str, int] = {}
    for number, (what, choice) in enumerate(steps):
        expected = next((value for value in usable if value not in held.values()), None)
        found = opened.stock.lowest_free(item, 4)
        assert (None if found is None else int(found)) == expected
        if what == "next" and expected is not None:
            held[str(number)] = expected
            opened.take(claim(str(number)), (IPv4Address(expected),))
        elif what == "take":
            value = usable[choice % len(usable)]
            if value not in held.values():
                held[str(number)] = value
                opened.take(claim(str(number)), (IPv4Address(value),))
        elif what == "release" and held:
            name = sorted(held)[choice % len(held)]
            opened.release(Key("shop", name))
            del held[name]
        assert opened.stock.held(item, 4) == len(held)


def test_a_name_given_twice_leaves_the_book_as_it_was() -> None:
    """Entering the same outcome again changes nothing."""
    item = pool("p", "10.0.0.0/30")
    opened = book(item)
    for _ in range(2):
        opened.take(claim("a", "k"), (A,))
    assert opened.services() == {Key("shop", "a"): (A,)}
    assert opened.release(Key("shop", "a"))
    assert not opened.release(Key("shop", "a"))
    assert opened.services() == {}


@pytest.mark.slow
def test_ten_thousand_allocations_are_quick() -> None:
    """10,000 takes from a large pool do not grow with the number in use (a scan would take minutes)."""
    item = pool("p", "10.0.0.0/8")
    opened = Book(Pools([item]))
    started_s = time.process_time()
    for number in range(10_000):
        address = opened.stock.lowest_free(item, 4)
        assert address is not None
        opened.take(claim(str(number)), (address,))
    assert time.process_time() - started_s < 1.0
