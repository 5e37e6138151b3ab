"""Rules for who is decided for again: as few as possible, and with the same result as all of them.

Pure.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbkit.allocator.decide import decide_all
from lbkit.allocator.outcome import Refuse
from lbkit.allocator.pools import Pools
from lbkit.allocator.render import render
from lbkit.allocator.waiting import Waiting
from lbkit.model.reservations import reservations
from lbkit.model.views import Key, Pool, Port, Service
from lbkit.tests.allocator.build import NOW, book, pinned, pool, published, service


class World:
    """Services, their book, and who waits; `is_lean` decides only for those for whom it is worth it.

    Attributes:
        decided: how many were decided for.
    """

    def __init__(self, *pools: Pool, is_lean: bool = True) -> None:
        self.book = book(*pools)
        self.waiting = Waiting()
        self.services: dict[Key, Service] = {}
        self.decided = 0
        self._is_lean = is_lean
        self._dirty: set[Key] = set()

    def put(self, *items: Service) -> None:
        """Create or change Services; what their status shows stays."""
        for item in items:
            old = self.services.get(item.key, item)
            self.services[item.key] = replace(item, ingress=old.ingress, conditions=old.conditions)
            self._dirty.add(item.key)

    def delete(self, *names: str) -> None:
        """Delete Services."""
        for name in names:
            namespace, _, bare = name.rpartition("/")
            key = Key(namespace or "shop", bare)
            if self.services.pop(key, None) is not None:
                self.waiting.forget(key)
                self.book.release(key)

    def step(self) -> bool:
        """Decide once, publish, and say whether there was anything to decide."""
        given_back, self.book.given_back = self.book.given_back, set()
        again = self.waiting.worth_deciding(given_back, self.book, set()) if self._is_lean else set(self.waiting)
        keys = self._dirty | (again if given_back else set())
        self._dirty = set()
        items = [self.services[key] for key in keys if key in self.services]
        self.decided += len(items)
        for key, outcome in decide_all(items, {}, self.book).items():
            self.waiting.note(self.services[key], outcome, {}, self.book)
            patch = render(self.services[key], outcome, NOW)
            if patch is not None:
                self.services[key] = published(self.services[key], patch)
                self._dirty.add(key)
        for key in self._dirty:
            self.book.see(key, self.services[key].ingress)
        return bool(items)

    def settle(self) -> None:
        """Decide until there is nothing to decide any more."""
        for _ in range(100):
            if not self.step() and not self.book.given_back:
                return
        raise AssertionError("it does not come to an end")

    def shown(self) -> dict[str, tuple[list[str], str]]:
        """Give what everybody sees: addresses and reason, by name."""
        return {
            str(key): ([str(ip) for ip in item.ingress], item.conditions[0].reason if item.conditions else "")
            for key, item in sorted(self.services.items())
        }


def settled(*items: Service, pools: Iterable[Pool]) -> World:
    """Give a world in which these Services have or have not got an address."""
    made = World(*pools)
    made.put(*items)
    made.settle()
    made.decided = 0
    return made


def many(count: int, **change: Any) -> list[Service]:  # Any: the fields of Service
    """Give Services, the first one oldest."""
    return [service(f"s{number}", creation_timestamp=f"{number:05}", **change) for number in range(count)]


def test_one_address_given_back_is_one_decision() -> None:
    """The oldest of a thousand gets it, and nobody else is asked; publishing it costs one more look at him."""
    world = settled(*many(1002), pools=[pool("p", "10.0.0.0/31")])
    assert len(world.waiting.refused) == 1000
    world.delete("s0")
    world.settle()
    assert world.services[Key("shop", "s2")].ingress
    assert world.decided == 2


def test_as_many_are_served_as_was_given_back() -> None:
    """All that is free is given, oldest first."""
    world = settled(*many(20), pools=[pool("p", "10.0.0.0/29")])
    world.delete("s1", "s3", "s5")
    world.settle()
    assert [key.name for key in world.waiting.refused] == [f"s{number}" for number in range(11, 20)]
    assert world.decided == 6


def test_who_waits_for_another_pool_is_left_alone() -> None:
    """Queues are of pools."""
    world = settled(
        *many(10, annotations={"address-pool": "p"}),
        *(service(f"q{number}", annotations={"address-pool": "q"}) for number in range(10)),
        pools=[pool("p", "10.0.0.0/31"), pool("q", "10.0.1.0/31")],
    )
    world.delete("s0")
    assert {key.name for key in world.waiting.worth_deciding(world.book.given_back, world.book, set())} == {"s2"}


def test_a_family_that_is_left_over_wakes_nobody_who_needs_both() -> None:
    """IPv6 abounds; only an IPv4 address makes a difference."""
    stack: dict[str, Any] = {"families": (4, 6), "ip_family_policy": "RequireDualStack"}
    world = settled(*many(50, **stack), pools=[pool("p", "10.0.0.0/31", "2001:db8::/64")])
    world.delete("s0")
    assert {key.name for key in world.waiting.worth_deciding(world.book.given_back, world.book, set())} == {"s2"}


def test_who_has_one_family_waits_for_the_other() -> None:
    """PreferDualStack with an IPv6 address gets its IPv4 address when there is one."""
    stack: dict[str, Any] = {"families": (4, 6), "ip_family_policy": "PreferDualStack"}
    world = settled(*many(5, **stack), pools=[pool("p", "10.0.0.0/31", "2001:db8::/64")])
    assert len(world.waiting.incomplete) == 3
    world.delete("s0")
    world.settle()
    assert [len(item.ingress) for item in world.services.values()] == [2, 2, 1, 1]


def test_who_names_an_address_waits_for_that_one() -> None:
    """Another one is of no use to it, and its own is, whoever else stands in a queue."""
    world = settled(*many(4), pools=[pool("p", "10.0.0.0/31")])
    world.put(service("asks", annotations={"loadBalancerIPs": "10.0.0.1"}))
    world.settle()
    world.delete("s0")
    world.settle()
    assert world.shown()["shop/asks"] == ([], "AddressInUse")
    world.delete("s1")
    world.settle()
    assert world.shown()["shop/asks"][0] == ["10.0.0.1"]


def test_a_port_given_back_serves_who_shares() -> None:
    """The address stays in use; what is free of it is of use under its key only."""
    shared: dict[str, Any] = {"annotations": {"allow-shared-ip": "k"}}
    world = settled(
        service("one", ports=(Port("TCP", 1),), **shared),
        service("two", ports=(Port("TCP", 2),), **shared),
        service("waits", ports=(Port("TCP", 1),), creation_timestamp="9", **shared),
        pools=[pool("p", "10.0.0.0/32")],
    )
    assert "shop/waits" in {str(key) for key in world.waiting}
    world.delete("one")
    world.settle()
    assert world.shown()["shop/waits"][0] == ["10.0.0.0"]


def test_a_reserved_address_given_back_serves_whom_it_is_for() -> None:
    """It is free for nobody else, so it does not count for any queue."""
    open_pool, kept = pool("p", "10.0.0.0/32"), pool("p", "10.0.0.0/32", reservations=reservations("10.0.0.0=shop/a"))
    world = settled(service("b", creation_timestamp="1"), pools=[open_pool])
    world.book.use_pools(Pools([kept]))
    world.put(service("a", creation_timestamp="9"), service("c", creation_timestamp="2"))
    world.settle()
    assert {str(key) for key in world.waiting} == {"shop/a", "shop/c"}
    world.delete("b")
    world.settle()
    assert {str(key) for key in world.waiting} == {"shop/c"}


@pytest.mark.parametrize(
    ("annotations", "pools"),
    [
        pytest.param({"address-pool": "typo"}, [pool("p", "10.0.0.0/31")], id="an unknown pool"),
        pytest.param({"loadBalancerIPs": "x"}, [pool("p", "10.0.0.0/31")], id="nonsense"),
        pytest.param({}, [pinned("p", "10.0.0.0/31", namespaces=frozenset({"bar"}))], id="no pool for it"),
    ],
)
def test_who_can_not_be_helped_is_not_asked(annotations: dict[str, str], pools: list[Pool]) -> None:
    """Only its own change, or one of the pools, can help it."""
    world = settled(service("bar/has"), service("waits", annotations=annotations), pools=pools)
    assert "shop/waits" in {str(key) for key in world.waiting}
    world.delete("bar/has")
    assert world.waiting.worth_deciding(world.book.given_back, world.book, set()) == set()


def test_who_is_busy_lets_the_next_one_go_first() -> None:
    """An address does not lie idle because its first in line has a write under way."""
    world = settled(*many(5), pools=[pool("p", "10.0.0.0/31")])
    world.delete("s0")
    busy = {Key("shop", "s2")}
    assert {key.name for key in world.waiting.worth_deciding(world.book.given_back, world.book, busy)} == {"s3"}


def test_who_waits_no_more_is_forgotten() -> None:
    """Nothing is left of it in any queue."""
    world = settled(*many(5), pools=[pool("p", "10.0.0.0/31")])
    world.put(service("asks", annotations={"loadBalancerIPs": "10.0.0.1"}))
    world.put(service("shares", annotations={"allow-shared-ip": "k"}))
    world.settle()
    assert len(list(world.waiting)) == 5
    world.delete("s2", "s3", "s4", "shares", "asks")
    assert list(world.waiting) == []
    empty = Waiting()
    assert vars(world.waiting) == vars(empty)


POOLS = [
    pool("four", "10.0.0.0/31", "10.0.0.6-10.0.0.6"),
    pool("six", "2001:db8::/127"),
    pool("dual", "10.0.9.0/31", "2001:db8:9::/127"),
    pool("off", "10.0.8.0/31", auto_assign=False),
    pinned("mine", "10.0.5.0/31", namespaces=frozenset({"shop"})),
    pool("kept", "10.0.4.0/31", reservations=reservations("10.0.4.0=shop/a")),
    pool("open", "10.0.3.0/32", sharing_namespaces=frozenset({"*"})),
]
NAMES = [f"{namespace}/{name}" for namespace in ("shop", "bar") for name in "abcdefgh"]
STACKS: list[dict[str, Any]] = [
    {"families": (4,)},
    {"families": (4,)},
    {"families": (6,)},
    {"families": (4, 6), "ip_family_policy": "PreferDualStack"},
    {"families": (6, 4), "ip_family_policy": "RequireDualStack"},
]


@st.composite
def one(draw: st.DrawFn) -> Service:
    """Draw one Service."""
    name = draw(st.sampled_from(NAMES))
    wishes: dict[str, str] = draw(
        st.sampled_from(
            [
                {},
                {},
                {},
                {"address-pool": "four"},
                {"address-pool": "off"},
                {"loadBalancerIPs": "10.0.0.1"},
                {"loadBalancerIPs": "10.0.9.0"},
                {"allow-shared-ip": "k"},
            ]
        )
    )
    return service(
        name,
        annotations=wishes,
        ports=(Port("TCP", draw(st.sampled_from([1, 2]))),),
        creation_timestamp=f"{NAMES.index(name):02}",
        **draw(st.sampled_from(STACKS)),
    )


STEPS = st.lists(st.one_of(st.lists(one(), min_size=1, max_size=6), st.sampled_from(NAMES)), max_size=25)


@pytest.mark.slow
@settings(max_examples=150)
@given(st.lists(st.sampled_from(POOLS), unique_by=lambda item: item.name, min_size=1, max_size=3), STEPS)
def test_the_result_is_that_of_deciding_for_all(chosen: list[Pool], steps: list[list[Service] | str]) -> None:
    """Whatever is created, changed and deleted: nobody gets less, more or something else by being passed over."""
    lean, full = World(*chosen), World(*chosen, is_lean=False)
    for step in steps:
        for world in (lean, full):
            if isinstance(step, str):
                world.delete(step)
            else:
                world.put(*step)
            world.settle()
        assert lean.shown() == full.shown()
        assert set(lean.waiting) == set(full.waiting)
        assert lean.decided <= full.decided
    assert all(isinstance(why, Refuse) for why in lean.waiting.refused.values())
