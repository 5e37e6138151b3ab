"""Rules of what is held, by version, and of the copies others keep.

Pure.
"""

from dataclasses import replace
from ipaddress import IPv4Address
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from lbkit.announcer.election.ledger import MOST_RELEASED, Held, Ledger, Replica
from lbkit.packet.heartbeat import Heartbeat, Holding, paginate

BEAT = Heartbeat("node-1", "eth1", 1, 1)
ADDRESSES = [IPv4Address("192.0.2.0") + number for number in range(12)]
OPERATIONS = st.tuples(st.sampled_from(ADDRESSES), st.sampled_from(Holding), st.integers(1, 9))


def pages(ledger: Ledger, since: int, size: int = 140) -> tuple[Heartbeat, ...]:
    """Tell what changed since a version, on small pages."""
    base, changes = ledger.since(since)
    return paginate(replace(BEAT, holds=ledger.version, base=base), changes, size)


def truth(ledger: Ledger) -> dict[IPv4Address, Held]:
    """Read a whole ledger."""
    return {change.address: Held(change.holding, change.term) for _, change in ledger.since(0)[1]}  # type: ignore[misc]  # IPv4 only


@settings(max_examples=30)
@given(st.lists(st.lists(OPERATIONS, min_size=1, max_size=8), max_size=12), st.randoms(use_true_random=False))
def test_a_copy_agrees_whenever_it_stands_at_the_same_version(
    operations: list[list[tuple[IPv4Address, Holding, int]]], random: Random
) -> None:
    """Whatever pages were lost, doubled or told again."""
    ledger, replica = Ledger(), Replica()
    for batch in operations:
        for address, holding, term in batch:
            ledger.set(address, holding, term)
        for page in pages(ledger, replica.version):
            for _ in range(random.randint(0, 2)):
                replica.apply(page)
        if replica.version == ledger.version:
            assert replica.held == truth(ledger)
    for page in pages(ledger, replica.version) if replica.version < ledger.version else ():
        replica.apply(page)
    assert replica.version == ledger.version
    assert replica.held == truth(ledger)


def test_pages_after_a_lost_one_are_not_applied() -> None:
    """A copy never skips a change."""
    ledger, replica = Ledger(), Replica()
    for number in range(20):
        ledger.set(IPv4Address(number), Holding.HELD, 1)
    told = pages(ledger, 0)
    assert len(told) > 2
    assert replica.apply(told[1]) == ()
    assert replica.version == 0


def test_who_missed_a_release_that_is_forgotten_learns_all_anew() -> None:
    """What was released is not remembered for ever, and yet nobody believes it is held."""
    ledger, replica = Ledger(), Replica()
    ledger.set(IPv4Address(0), Holding.HELD, 1)
    ledger.set(IPv4Address(1), Holding.HELD, 1)
    for page in pages(ledger, 0):
        replica.apply(page)
    ledger.set(IPv4Address(1), Holding.RELEASED, 1)
    for number in range(2, MOST_RELEASED + 3):
        ledger.set(IPv4Address(number), Holding.HELD, 1)
        ledger.set(IPv4Address(number), Holding.RELEASED, 1)
    for page in pages(ledger, replica.version):
        replica.apply(page)
    assert replica.held == {IPv4Address(0): Held(Holding.HELD, 1)} == truth(ledger)


def test_a_copy_says_what_it_learnt() -> None:
    """Only what is held otherwise than before is worth a look."""
    ledger, replica = Ledger(), Replica()
    ledger.set(IPv4Address(1), Holding.HELD, 1)
    (page,) = pages(ledger, 0)
    assert replica.apply(page) == (IPv4Address(1),)
    ledger.set(IPv4Address(1), Holding.HELD, 1)
    (page,) = pages(ledger, 1)
    assert replica.apply(page) == ()
