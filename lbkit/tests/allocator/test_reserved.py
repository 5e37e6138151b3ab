"""Rules for reserved addresses: who gets them, who does not, and what is left for the others.

Pure.
"""

from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.allocator.decide import decide, decide_all
from lbkit.allocator.outcome import Keep, Outcome, Refuse
from lbkit.allocator.pools import Pools, capacity
from lbkit.model.names import Reason
from lbkit.model.reservations import reservations
from lbkit.model.views import Key, Pool, Port
from lbkit.tests.allocator.build import book, pinned, pool, service, settle
from lbkit.tests.allocator.build import given as addresses_of

SHARING = {"allow-shared-ip": "k"}


def keeping(text: str, *ranges: str, name: str = "p", **change: Any) -> Pool:  # Any: the fields of Pool
    """Build a pool with reservations."""
    return pool(name, *(ranges or ("10.0.0.0/29",)), reservations=reservations(text), **change)


def asked(address: str) -> dict[str, Any]:  # Any: the fields of Service
    """Ask for an address."""
    return {"annotations": {"loadBalancerIPs": address}}


def refused(outcome: Outcome) -> tuple[Reason, str]:
    """Give reason and message of a refusal."""
    assert isinstance(outcome, Refuse)
    return outcome.reason, outcome.message


@pytest.mark.parametrize(
    ("rule", "text", "change", "expected"),
    [
        ("its own comes first", "10.0.0.5=shop/web", {}, ["10.0.0.5"]),
        ("its namespace's comes first", "10.0.0.5-10.0.0.6=shop/*", {}, ["10.0.0.5"]),
        ("its own before its namespace's", "10.0.0.4=shop/*, 10.0.0.6=shop/web", {}, ["10.0.0.6"]),
        ("another's is left out", "10.0.0.0=shop/other", {}, ["10.0.0.1"]),
        ("another namespace's is left out", "10.0.0.0/30=bar/*", {}, ["10.0.0.4"]),
        ("nobody's is left out", "10.0.0.0-10.0.0.2", {}, ["10.0.0.3"]),
        ("its own on request", "10.0.0.5=shop/web", asked("10.0.0.5"), ["10.0.0.5"]),
        ("another one on request", "10.0.0.5=shop/web", asked("10.0.0.2"), ["10.0.0.2"]),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_given(rule: str, text: str, change: dict[str, Any], expected: list[str]) -> None:
    """Reserved addresses go to those they are for, and before any other."""
    assert addresses_of(decide(service("web", **change), {}, book(keeping(text)))) == expected


@pytest.mark.parametrize("who", ["shop/other", "bar/*", "nobody"])
def test_another_s_is_refused_by_name(who: str) -> None:
    """Who asks for it is told whose it is."""
    text = "10.0.0.5" if who == "nobody" else f"10.0.0.5={who}"
    reason, message = refused(decide(service("web", **asked("10.0.0.5")), {}, book(keeping(text))))
    assert reason == Reason.ADDRESS_RESERVED
    assert message == f'"10.0.0.5" is reserved for {who} in pool "p"'


def test_a_pool_of_which_the_rest_is_reserved_says_so() -> None:
    """A count of free addresses alone would look like a bug."""
    opened = book(keeping("10.0.0.1=shop/other", "10.0.0.0/31"))
    settle(service("first"), opened)
    reason, message = refused(decide(service("web"), {}, opened))
    assert reason == Reason.POOL_EXHAUSTED
    assert message == "no available IPs in p, not counting those that are reserved for others"


def test_a_pool_that_keeps_an_address_for_a_service_comes_first() -> None:
    """Whatever the priorities; others go by these."""
    opened = book(pinned("first", "10.0.9.0/30", priority=1), keeping("10.0.0.5=shop/web"))
    assert addresses_of(decide(service("web"), {}, opened)) == ["10.0.0.5"]
    assert addresses_of(decide(service("other"), {}, opened)) == ["10.0.9.0"]


@pytest.mark.parametrize("change", [{"auto_assign": False}, {"service_allocation": "bar"}])
def test_a_reservation_opens_no_pool(change: dict[str, Any]) -> None:
    """Neither a pool that waits to be asked nor one that is for others."""
    if "service_allocation" in change:
        change = {"service_allocation": pinned("x", "10.9.9.9/32", namespaces=frozenset({"bar"})).service_allocation}
    opened = book(keeping("10.0.0.5=shop/web", **change), pool("q", "10.0.9.0/30"))
    assert addresses_of(decide(service("web"), {}, opened)) == ["10.0.9.0"]


def test_who_has_a_reserved_address_keeps_it() -> None:
    """A reservation takes nothing away that works; it is named, and goes to its Service once it was given back."""
    opened = book(pool("p", "10.0.0.0/29"))
    before, _ = settle(service("other"), opened)
    kept = keeping("10.0.0.0=shop/web")
    opened.use_pools(Pools([kept]))
    outcomes = decide_all([before, service("web"), service("asks", **asked("10.0.0.0"))], {}, opened)
    assert outcomes[before.key] == Keep((ip_address("10.0.0.0"),), "p")
    assert addresses_of(outcomes[Key("shop", "web")]) == ["10.0.0.1"]
    assert [(str(address), str(holder)) for address, _, holder in opened.squatters(kept)] == [
        ("10.0.0.0", "shop/other")
    ]
    opened.release(before.key)
    assert opened.squatters(kept) == ()
    assert addresses_of(decide(service("third"), {}, opened)) == ["10.0.0.2"]
    assert addresses_of(decide(service("web", **asked("10.0.0.0")), {}, opened)) == ["10.0.0.0"]


def test_after_a_restart_too() -> None:
    """The status tells who has it."""
    opened = book(keeping("10.0.0.0=shop/web"))
    outcomes = decide_all([service("web"), service("other", ingress=["10.0.0.0"])], {}, opened)
    assert addresses_of(outcomes[Key("shop", "other")]) == ["10.0.0.0"]


def test_sharing_lets_nobody_in() -> None:
    """The same key does not help who it is not reserved for."""
    opened = book(keeping("10.0.0.0=shop/web"))
    settle(service("web", annotations=SHARING), opened)
    other = service("other", ports=(Port("TCP", 81),), annotations=SHARING)
    assert addresses_of(decide(other, {}, opened)) == ["10.0.0.1"]


def test_an_address_of_a_namespace_is_shared_within_it() -> None:
    """Two Services it is reserved for may share it."""
    opened = book(keeping("10.0.0.3=shop/*"))
    assert addresses_of(settle(service("web", annotations=SHARING), opened)[1]) == ["10.0.0.3"]
    assert addresses_of(decide(service("dns", ports=(Port("UDP", 53),), annotations=SHARING), {}, opened)) == [
        "10.0.0.3"
    ]


def test_dual_stack_takes_each_family_s_own() -> None:
    """One reservation for each family."""
    opened = book(keeping("10.0.0.5=shop/web, 2001:db8::5=shop/web", "10.0.0.0/29", "2001:db8::/120"))
    item = service("web", families=(6, 4), ip_family_policy="RequireDualStack")
    assert addresses_of(decide(item, {}, opened)) == ["2001:db8::5", "10.0.0.5"]


def test_a_large_reservation_costs_nothing() -> None:
    """A /64 for one namespace in a /48: neither counted nor walked address by address."""
    item = keeping("2001:db8:0:1::/64=shop/*", "2001:db8::/48")
    opened = book(item)
    assert addresses_of(settle(service("web", families=(6,)), opened)[1]) == ["2001:db8:0:1::"]
    assert addresses_of(settle(service("bar/web", families=(6,)), opened)[1]) == ["2001:db8::"]
    assert opened.stock.idle_reserved(item, 6) == 2**64 - 1
    assert opened.squatters(item) == ()


def test_a_reserved_address_rests_too() -> None:
    """Two Services of one namespace wait for each other's."""
    opened = book(keeping("10.0.0.3=shop/*", quarantine_s=30))
    settle(service("web"), opened)
    opened.release(Key("shop", "web"))
    assert addresses_of(decide(service("other"), {}, opened)) == ["10.0.0.0"]
    assert addresses_of(decide(service("web"), {}, opened)) == ["10.0.0.3"]


NAMES = ["shop/a", "shop/b", "bar/a", "bar/b"]
TEXTS = [
    "",
    "10.0.0.1=shop/a",
    "10.0.0.0-10.0.0.1=shop/*, 10.0.0.3",
    "10.0.0.2/31=bar/*, 10.0.0.5=shop/b",
    "10.0.0.0/30",
]


@given(
    st.lists(st.tuples(st.sampled_from(["make", "delete", "pool"]), st.integers(0, 19)), max_size=30),
    st.booleans(),
)
def test_numbers_add_up_and_nobody_gets_another_s(steps: list[tuple[str, int]], avoids: bool) -> None:
    """Held, resting, reserved and free are the whole pool, and who gets something new may have it."""
    ranges = ("10.0.0.4-10.0.0.5", "10.0.0.0/30")
    item = keeping("", *ranges, avoid_buggy_ips=avoids, quarantine_s=5)
    opened = book(item)
    opened.tick(1000.0)
    now_s = 1000.0
    for what, number in steps:
        if what == "make":
            name = NAMES[number % len(NAMES)]
            held = opened.held(service(name).key)
            after, _ = settle(service(name), opened)
            for address in set(after.ingress) - set(held):
                reservation = opened.stock.reservation_of(address)
                assert reservation is None or reservation.is_for(after.key)
        elif what == "delete":
            opened.release(service(NAMES[number % len(NAMES)]).key)
        else:
            item = keeping(TEXTS[number % len(TEXTS)], *ranges, avoid_buggy_ips=avoids, quarantine_s=5)
            opened.use_pools(Pools([item]))
        now_s += number % 3
        opened.tick(now_s)
        stock = opened.stock
        everything = [ip_address("10.0.0.0") + n for n in range(6) if not (avoids and n == 0)]
        taken = [address for address in everything if opened.is_taken(address)]
        assert stock.held(item, 4) + stock.quarantined(item, 4) == len(taken)
        idle = [address for address in everything if stock.reservation_of(address) is not None and address not in taken]
        assert stock.idle_reserved(item, 4) == len(idle)
        free = [str(address) for address in everything if address not in taken and address not in idle]
        expected = sorted(free, key=lambda text: (text < "10.0.0.4", text))
        assert str(stock.lowest_free(item, 4)) == (expected[0] if expected else "None")
        assert capacity(item, 4) == len(everything)
