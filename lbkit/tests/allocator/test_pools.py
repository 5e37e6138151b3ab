"""Rules for pools: whose an address is, in which order they are tried, what they hold.

Pure.
"""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.allocator.choose import candidates, disallowed
from lbkit.allocator.pools import Pools, capacity, is_buggy
from lbkit.model.views import Namespace, Pool, Range
from lbkit.tests.allocator.build import pinned, pool, select, service


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.0", "a"),
        ("10.0.0.255", "a"),
        ("10.0.1.0", None),
        ("9.255.255.255", None),
        ("10.0.9.1", "b"),
        ("10.0.9.0", None),
        ("2001:db8::ff", "a"),
        ("2001:db8::100", None),
        ("::", None),
    ],
)
def test_an_address_is_of_one_pool_or_none(text: str, expected: str | None) -> None:
    """Ends count; buggy addresses of a pool that avoids them are nobody's."""
    pools = Pools([pool("a", "10.0.0.0/24", "2001:db8::/120"), pool("b", "10.0.9.0/24", avoid_buggy_ips=True)])
    owner = pools.of(ip_address(text))
    assert (owner.name if owner else None) == expected


def test_pinned_pools_come_first_by_priority_then_the_others_by_name() -> None:
    """Priority 0 is last among the pinned; equal ones go by name; autoAssign off is left out."""
    pools = Pools(
        [
            pool("z", "10.0.0.0/30"),
            pool("a", "10.0.1.0/30"),
            pool("off", "10.0.2.0/30", auto_assign=False),
            pinned("p0", "10.0.3.0/30"),
            pinned("p9", "10.0.4.0/30", priority=9),
            pinned("p1b", "10.0.5.0/30", priority=1),
            pinned("p1a", "10.0.6.0/30", priority=1),
        ]
    )
    assert [item.name for item in pools.ranked] == ["p1a", "p1b", "p9", "p0", "a", "z"]


NAMESPACES = {"shop": Namespace("shop", {"team": "red"}), "bar": Namespace("bar", {})}


@pytest.mark.parametrize(
    ("item", "is_allowed"),
    [
        pytest.param(pool("p", "10.0.0.0/30"), True, id="no serviceAllocation"),
        pytest.param(pinned("p", "10.0.0.0/30", priority=1), True, id="priority only"),
        pytest.param(pinned("p", "10.0.0.0/30", namespaces=frozenset({"shop"})), True, id="namespace by name"),
        pytest.param(pinned("p", "10.0.0.0/30", namespaces=frozenset({"bar"})), False, id="other namespace"),
        pytest.param(
            pinned("p", "10.0.0.0/30", namespace_selectors=(select(team="red"),)), True, id="namespace by label"
        ),
        pytest.param(
            pinned("p", "10.0.0.0/30", namespaces=frozenset({"bar"}), namespace_selectors=(select(team="red"),)),
            True,
            id="name or label",
        ),
        pytest.param(
            pinned("p", "10.0.0.0/30", namespace_selectors=(select(team="blue"),)), False, id="label that nobody has"
        ),
        pytest.param(pinned("p", "10.0.0.0/30", service_selectors=(select(app="web"),)), True, id="Service by label"),
        pytest.param(pinned("p", "10.0.0.0/30", service_selectors=(select(app="db"),)), False, id="other Service"),
        pytest.param(
            pinned("p", "10.0.0.0/30", namespaces=frozenset({"bar"}), service_selectors=(select(app="web"),)),
            False,
            id="both must match",
        ),
    ],
)
def test_a_pool_is_for_whom_its_service_allocation_says(item: Pool, is_allowed: bool) -> None:
    """Namespaces by name or label, and Service labels; a selector that matches nobody lets nobody in."""
    web = service(labels={"app": "web"})
    assert (disallowed(item, web, NAMESPACES) == "") == is_allowed
    assert (item in candidates(web, Pools([item]), NAMESPACES)) == is_allowed


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param(pool("p", "10.0.0.0/24"), 256, id="all"),
        pytest.param(pool("p", "10.0.0.0/24", avoid_buggy_ips=True), 254, id="without .0 and .255"),
        pytest.param(pool("p", "10.0.0.0/23", "10.1.0.7/32", avoid_buggy_ips=True), 509, id="two ranges"),
        pytest.param(pool("p", "10.0.0.255/32", avoid_buggy_ips=True), 0, id="only a buggy one"),
        pytest.param(pool("p", "2001:db8::/64"), 0, id="other family"),
    ],
)
def test_capacity_is_counted(item: Pool, expected: int) -> None:
    """Capacity is what a pool may hand out."""
    assert capacity(item, 4) == expected


def test_capacity_of_everything_is_not_walked() -> None:
    """A /0 costs no more than a /32."""
    assert capacity(pool("p", "0.0.0.0/0", avoid_buggy_ips=True), 4) == 2**32 - 2 * 2**24
    assert capacity(pool("p", "::/0"), 6) == 2**128
    assert capacity(pool("p", "::/0", avoid_buggy_ips=True), 6) == 2**128 - 2**64


@given(st.integers(0, 1200), st.integers(0, 1200))
def test_capacity_agrees_with_counting(one: int, two: int) -> None:
    """The formula counts what walking would count."""
    first, last = min(one, two), max(one, two)
    item = Pool("p", {}, (Range(ip_address(first), ip_address(last)),), avoid_buggy_ips=True)
    assert capacity(item, 4) == sum(not is_buggy(value, 4) for value in range(first, last + 1))


@pytest.mark.parametrize(
    ("entry", "left_out"),
    [
        pytest.param("2001:db8::/125", ["2001:db8::"], id="start of a subnet"),
        pytest.param("2001:db8::8/125", [], id="inside a subnet"),
        pytest.param("2001:db8:0:1:ffff:ffff:ffff:fffe-2001:db8:0:2::1", ["2001:db8:0:2::"], id="over two subnets"),
        pytest.param("2001:db8::100/125", [], id="ends in 00, which is IPv4's matter"),
    ],
)
def test_routers_anycast_addresses_are_left_out(entry: str, left_out: list[str]) -> None:
    """With avoidBuggyIPs; without it the whole pool can be used."""
    avoids, whole = pool("p", entry, avoid_buggy_ips=True), pool("q", entry)
    (piece,) = avoids.ranges
    every = [ip_address(value) for value in range(int(piece.first), int(piece.last) + 1)]
    assert [str(address) for address in every if Pools([avoids]).of(address) is None] == left_out
    assert capacity(avoids, 6) == len(every) - len(left_out)
    assert capacity(whole, 6) == len(every)
