"""Rules that hold whatever Services and pools there are.

Pure.
"""

from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbkit.allocator.book import Book
from lbkit.allocator.decide import decide_all
from lbkit.allocator.outcome import Keep, Outcome, Refuse, Release
from lbkit.allocator.pools import Pools, capacity
from lbkit.allocator.render import render
from lbkit.allocator.request import read
from lbkit.allocator.sharing import claim, refusal
from lbkit.model.addresses import family
from lbkit.model.views import IPAddress, Key, Pool, Port, Service
from lbkit.tests.allocator.build import NOW, book, pinned, pool, published, service
from lbkit.tests.allocator.build import given as addresses_of

POOLS = [
    pool("four", "10.0.0.0/31", "10.0.0.6-10.0.0.7"),
    pool("six", "2001:db8::/127"),
    pool("dual", "10.0.9.0/31", "2001:db8:9::/127"),
    pool("off", "10.0.8.0/30", auto_assign=False),
    pool("picky", "10.0.7.254-10.0.8.255", avoid_buggy_ips=True),
    pinned("mine", "10.0.5.0/32", namespaces=frozenset({"shop"})),
    pool("open", "10.0.4.0/32", sharing_namespaces=frozenset({"*"})),
]
CHOICES = [item for item in POOLS if item.name != "picky"]

pools = st.lists(st.sampled_from(CHOICES), unique_by=lambda item: item.name, max_size=4)
annotations = st.fixed_dictionaries(
    {},
    optional={
        "address-pool": st.sampled_from(["four", "dual", "off", "typo"]),
        "loadBalancerIPs": st.sampled_from(["10.0.0.1", "10.0.9.1", "10.0.9.0,2001:db8:9::1", "192.0.2.1", "x"]),
        "allow-shared-ip": st.sampled_from(["k", "m"]),
    },
)
STACKS: list[dict[str, Any]] = [
    {"families": (4,)},
    {"families": (6,)},
    {"families": (4, 6), "ip_family_policy": "PreferDualStack"},
    {"families": (6, 4), "ip_family_policy": "RequireDualStack"},
]
stacks = st.sampled_from(STACKS)


@st.composite
def services(draw: st.DrawFn) -> list[Service]:
    """Draw Services with any wishes, some of which show an address already."""
    names = draw(st.lists(st.sampled_from(["shop/a", "shop/b", "shop/c", "bar/a", "bar/b", "bar/c"]), unique=True))
    return [draw(one(name)) for name in names]


@st.composite
def one(draw: st.DrawFn, name: str) -> Service:
    """Draw one Service."""
    change = dict(draw(stacks))
    return service(
        name,
        annotations=draw(annotations),
        ports=tuple(
            draw(st.lists(st.sampled_from([Port("TCP", 1), Port("TCP", 2), Port("UDP", 1)]), min_size=1, unique=True))
        ),
        external_traffic_policy=draw(st.sampled_from(["Cluster", "Local"])),
        ingress=draw(
            st.lists(st.sampled_from(["10.0.0.0", "10.0.0.1", "10.0.9.0", "2001:db8::", "192.0.2.1"]), max_size=2)
        ),
        is_load_balancer=draw(st.sampled_from([True, True, True, False])),
        creation_timestamp=draw(st.sampled_from(["1", "2"])),
        **change,
    )


def carried_out(items: list[Service], opened: Book) -> tuple[list[Service], dict[Key, Outcome]]:
    """Decide for all, publish, and let the book see it."""
    outcomes = decide_all(items, {}, opened)
    after = [published(item, render(item, outcomes[item.key], NOW)) for item in items]
    for item in after:
        opened.see(item.key, item.ingress)
    return after, outcomes


@pytest.mark.slow
@settings(max_examples=200)
@given(pools, services())
def test_an_address_has_one_holder_or_holders_that_share(chosen: list[Pool], items: list[Service]) -> None:
    """No address twice, unless the Services may share it; each address of a pool that allows it."""
    opened = book(*chosen)
    after, outcomes = carried_out(items, opened)
    holders: dict[IPAddress, list[Service]] = defaultdict(list)
    for item in after:
        outcome = outcomes[item.key]
        if isinstance(outcome, Refuse | Release):
            continue
        owners = {owner.name for address in outcome.addresses if (owner := opened.pools.of(address)) is not None}
        assert owners == set(outcome.pool.split(","))
        families = [family(address) for address in outcome.addresses]
        assert len(set(families)) == len(families)
        assert set(families) <= set(read(item).families)
        for address in outcome.addresses:
            holders[address].append(item)
    for address, sharers in holders.items():
        owner = opened.pools.of(address)
        assert owner is not None
        for item in sharers:
            for other in sharers:
                assert not refusal(claim(item, read(item)), claim(other, read(other)), owner.sharing_namespaces)


@pytest.mark.slow
@settings(max_examples=200)
@given(pools, services())
def test_deciding_again_changes_nothing(chosen: list[Pool], items: list[Service]) -> None:
    """With the first outcomes published, everybody keeps what they have and nothing is written.

    A refusal may be lifted by what the first round freed; it is then the second round that is repeated.
    """
    opened = book(*chosen)
    after = items
    for _ in range(3):
        after, _ = carried_out(after, opened)
    again, outcomes = carried_out(after, opened)
    assert again == after
    for item in after:
        assert isinstance(outcomes[item.key], Keep | Refuse | Release)


@pytest.mark.slow
@settings(max_examples=100)
@given(pools, services())
def test_a_restart_changes_nothing(chosen: list[Pool], items: list[Service]) -> None:
    """A new process with an empty book, given what is published, comes to the same addresses."""
    opened = book(*chosen)
    after = items
    for _ in range(3):
        after, before = carried_out(after, opened)
    restarted = book(*chosen)
    _, outcomes = carried_out(after, restarted)
    for item in after:
        if item.ingress and not isinstance(before[item.key], Release):
            assert addresses_of(outcomes[item.key]) == addresses_of(before[item.key])


@pytest.mark.slow
@settings(max_examples=100)
@given(pools, services(), st.data())
def test_the_order_in_which_things_are_told_does_not_matter(
    chosen: list[Pool], items: list[Service], data: st.DataObject
) -> None:
    """The same pools and Services give the same outcomes, in whatever order they were listed."""
    expected = decide_all(items, {}, book(*chosen))
    shuffled = decide_all(data.draw(st.permutations(items)), {}, book(*data.draw(st.permutations(chosen))))
    assert shuffled == expected


@settings(max_examples=50)
@given(st.integers(0, 40), st.lists(st.sampled_from(POOLS[:1] + POOLS[2:3]), unique_by=lambda item: item.name))
def test_as_many_are_served_as_there_are_addresses(count: int, chosen: list[Pool]) -> None:
    """Plain Services get min(wanted, capacity) addresses, all different."""
    opened = Book(Pools(chosen))
    outcomes = decide_all([service(f"s{number}") for number in range(count)], {}, opened)
    found = [address for outcome in outcomes.values() for address in addresses_of(outcome)]
    assert len(set(found)) == len(found) == min(count, sum(capacity(item, 4) for item in chosen))


@pytest.mark.slow
@settings(max_examples=50)
@given(pools, services(), st.data())
def test_a_service_deleted_leaves_nothing_behind(chosen: list[Pool], items: list[Service], data: st.DataObject) -> None:
    """With all Services gone, every address is free again."""
    opened = book(*chosen)
    after, _ = carried_out(items, opened)
    for item in data.draw(st.permutations(after)):
        carried_out([replace(item, is_load_balancer=False)], opened)
        opened.release(item.key)
    assert opened.services() == {}
    for source in chosen:
        assert opened.stock.held(source, 4) == opened.stock.held(source, 6) == 0
