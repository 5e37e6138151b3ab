"""Rules for the quarantine: who waits for an address that was given back, and until when.

Pure.
"""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.allocator.book import Book
from lbkit.allocator.decide import decide, decide_all
from lbkit.allocator.outcome import Refuse
from lbkit.allocator.pools import Pools
from lbkit.allocator.rest import Rest
from lbkit.model.names import Reason
from lbkit.model.times import epoch_s
from lbkit.model.views import Key, Port
from lbkit.tests.allocator.build import book, pool, service, settle
from lbkit.tests.allocator.build import given as addresses_of

NOON = epoch_s("2026-01-01T12:00:00Z")
P = pool("p", "10.0.0.0/30", quarantine_s=30)
A = ip_address("10.0.0.0")
WEB = Key("shop", "web")


def rested(*, at_s: float = NOON) -> Book:
    """Open a book in which shop/web has just given back 10.0.0.0."""
    opened = book(P)
    opened.tick(at_s)
    settle(service("web"), opened)
    opened.release(WEB)
    return opened


def test_an_address_that_was_given_back_rests() -> None:
    """Nobody else gets it, however they ask; it is neither assigned nor free."""
    opened = rested()
    assert addresses_of(decide(service("other"), {}, opened)) == ["10.0.0.1"]
    assert (opened.stock.held(P, 4), opened.stock.quarantined(P, 4)) == (0, 1)
    asked = decide(service("other", annotations={"loadBalancerIPs": "10.0.0.0"}), {}, opened)
    assert asked == Refuse(
        Reason.ADDRESS_QUARANTINED,
        '"10.0.0.0" rests until 2026-01-01T12:00:30Z: shop/web gave it back, and pool "p" has a quarantine of 30s',
    )


@pytest.mark.parametrize("annotations", [{}, {"loadBalancerIPs": "10.0.0.0"}, {"address-pool": "p"}])
def test_its_last_holder_has_it_back_at_once(annotations: dict[str, str]) -> None:
    """A Service that is deleted and made again (same namespace and name) has its address again, asked for or not."""
    opened = rested()
    settle(service("first"), opened)
    after, _ = settle(service("web", annotations=annotations), opened)
    assert after.ingress == (A,)
    assert opened.stock.quarantined(P, 4) == 0


def test_the_namespace_belongs_to_the_name() -> None:
    """A namesake elsewhere is somebody else."""
    assert addresses_of(decide(service("elsewhere/web"), {}, rested())) == ["10.0.0.1"]


def test_after_its_time_it_is_everybody_s() -> None:
    """And those who were refused are to be asked again."""
    opened = rested()
    assert opened.next_end_s() == NOON + 30
    opened.given_back.clear()
    opened.tick(NOON + 29.9)
    assert not opened.given_back
    assert addresses_of(decide(service("other"), {}, opened)) == ["10.0.0.1"]
    opened.tick(NOON + 30)
    assert opened.given_back == {A}
    assert addresses_of(decide(service("other"), {}, opened)) == ["10.0.0.0"]
    assert opened.next_end_s() is None


def test_a_full_pool_says_that_something_rests() -> None:
    """Who waits is told what for."""
    opened = rested()
    for name in ("a", "b", "c"):
        settle(service(name), opened)
    outcome = decide(service("late"), {}, opened)
    assert isinstance(outcome, Refuse)
    assert outcome.message == "no available IPs in p, not counting those that rest after use (quarantine)"


def test_without_quarantine_nothing_rests() -> None:
    """As in MetalLB."""
    opened = book(pool("p", "10.0.0.0/30"))
    settle(service("web"), opened)
    opened.release(WEB)
    assert addresses_of(decide(service("other"), {}, opened)) == ["10.0.0.0"]


def test_an_address_that_is_still_shown_does_not_rest_yet() -> None:
    """Its time begins when it is gone from the status, and then in full."""
    opened = book(P)
    opened.tick(NOON)
    settle(service("web"), opened)
    decide_all([service("web", ingress=["10.0.0.0"], is_load_balancer=False)], {}, opened)
    opened.tick(NOON + 100)
    assert opened.stock.quarantined(P, 4) == 0
    assert addresses_of(decide(service("other"), {}, opened)) == ["10.0.0.1"]
    opened.see(WEB, ())
    assert opened.next_end_s() == NOON + 130


def test_a_shared_address_rests_after_its_last_holder() -> None:
    """While one of two is there, it is in use."""
    opened = book(P)
    opened.tick(NOON)
    for name, port in (("web", 80), ("dns", 53)):
        item = service(name, annotations={"allow-shared-ip": "k"}, ports=(Port("TCP", port),))
        assert settle(item, opened)[0].ingress == (A,)
    opened.release(WEB)
    assert opened.stock.quarantined(P, 4) == 0
    opened.release(Key("shop", "dns"))
    assert [rest.holder.name for rest in opened.resting()] == ["dns"]


@pytest.mark.parametrize(
    ("rule", "until_s", "expected_s"),
    [
        ("what is left of it", NOON + 10, NOON + 10),
        ("over meanwhile", NOON - 1, None),
        ("the clock went back an hour", NOON + 3600, NOON + 30),
        ("the clock went back a year", NOON + 365 * 86400, NOON + 30),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rest_outlives_a_restart(rule: str, until_s: float, expected_s: float | None) -> None:
    """It is never longer than the pool wants from now, whatever the clock was when it was written down."""
    opened = book(P)
    opened.tick(NOON)
    opened.restore([Rest(A, WEB, until_s)])
    assert opened.next_end_s() == expected_s


def test_what_somebody_holds_does_not_rest_again() -> None:
    """What was written down may be older than the hold."""
    opened = book(P)
    opened.tick(NOON)
    settle(service("other"), opened)
    opened.restore([Rest(A, WEB, NOON + 10)])
    assert opened.stock.quarantined(P, 4) == 0
    other = book(P)
    other.tick(NOON)
    other.restore([Rest(A, WEB, NOON + 10)])
    kept = decide_all([service("other", ingress=["10.0.0.0"])], {}, other)
    assert addresses_of(kept[Key("shop", "other")]) == ["10.0.0.0"]
    assert other.stock.quarantined(P, 4) == 0


def test_a_clock_that_steps_back_makes_no_rest_longer() -> None:
    """From the new time it is what the pool says, not the difference as well."""
    opened = rested()
    opened.tick(NOON - 3600)
    assert opened.next_end_s() == NOON - 3600 + 30


@pytest.mark.parametrize(("quarantine_s", "expected_s"), [(0, None), (10, NOON + 10), (60, NOON + 30)])
def test_another_quarantine_shortens_what_rests(quarantine_s: int, expected_s: float | None) -> None:
    """A shorter one counts from now, a longer one only for what is given back later."""
    opened = rested()
    other = pool("p", "10.0.0.0/30", quarantine_s=quarantine_s)
    opened.use_pools(Pools([other]))
    assert opened.next_end_s() == expected_s
    assert opened.stock.quarantined(other, 4) == (expected_s is not None)
    assert (addresses_of(decide(service("other"), {}, opened)) == ["10.0.0.0"]) == (expected_s is None)


def test_a_pool_that_comes_back_finds_its_rests() -> None:
    """Deleting a pool and making it again is no way around them."""
    opened = rested()
    opened.use_pools(Pools([]))
    opened.use_pools(Pools([P]))
    assert opened.stock.quarantined(P, 4) == 1
    assert addresses_of(decide(service("other"), {}, opened)) == ["10.0.0.1"]


STEP = st.one_of(
    st.tuples(st.just("make"), st.integers(0, 4)),
    st.tuples(st.just("delete"), st.integers(0, 4)),
    st.tuples(st.just("wait"), st.integers(1, 40)),
)


@given(st.lists(STEP, max_size=40))
def test_nobody_is_given_what_another_gave_back_less_than_its_time_ago(steps: list[tuple[str, int]]) -> None:
    """Whatever is made, deleted and waited for; and what was given back is there again when its time is over."""
    opened = book(P)
    now_s = NOON
    opened.tick(now_s)
    gone: dict[str, tuple[str, float]] = {}
    for what, number in steps:
        name = f"s{number}"
        if what == "make":
            after, _ = settle(service(name), opened)
            for address in after.ingress:
                holder, at_s = gone.get(str(address), (name, 0.0))
                assert holder == name or now_s >= at_s + 30
        elif what == "delete":
            for address in opened.held(Key("shop", name)):
                gone[str(address)] = (name, now_s)
            opened.release(Key("shop", name))
        else:
            now_s += number
            opened.tick(now_s)
        assert opened.stock.held(P, 4) + opened.stock.quarantined(P, 4) <= 4
    opened.tick(now_s + 30)
    assert opened.stock.quarantined(P, 4) == 0
