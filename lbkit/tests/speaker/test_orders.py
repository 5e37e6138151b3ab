"""Rules of what the speaker and its process on the wire tell each other.

Pure.
"""

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from lbkit.announcer.desired import Interface
from lbkit.announcer.election.events import Candidates
from lbkit.speaker.orders import (
    Held,
    Keys,
    Orders,
    Report,
    Tally,
    Unpacker,
    candidates_of,
    interface_of,
    pack,
    place_of,
    rules_of,
)

ETH0 = Interface("eth0", 2, bytes(6), frozenset({4, 6}), (ip_address("192.0.2.9"), ip_address("fe80::1")))
ONE, TWO, SIX = ip_address("192.0.2.1"), ip_address("192.0.2.2"), ip_address("2001:db8::1")
SOME = Candidates({"a": None, "b": frozenset({"eth1"})}, {"a": 7}, frozenset({"b"}))
OTHERS = Candidates({"c": None})


def test_an_interface_comes_over_as_it_is() -> None:
    """With its addresses of either family."""
    assert interface_of(place_of(ETH0)) == ETH0


def test_candidates_come_over_each_once() -> None:
    """A thousand addresses of one advertisement are one rule."""
    candidates = {ONE: SOME, TWO: OTHERS, SIX: SOME}
    rules, addresses = rules_of(candidates)
    assert len(rules) == 2
    read = candidates_of(rules, addresses)
    assert read == candidates
    assert read[ONE] is read[SIX]


@given(st.lists(st.integers(1, 40), max_size=20))
def test_messages_come_out_whole_however_they_are_cut(cuts: list[int]) -> None:
    """A pipe keeps bytes in order, and nothing else."""
    rules, addresses = rules_of({ONE: SOME})
    sent = [
        Orders("a", (place_of(ETH0),), ("eth0",), Keys(bytes(8), {1: b"k" * 16}, 1), rules, addresses),
        Orders("a", is_leaving=True),
    ]
    data = b"".join(pack(each) for each in sent)
    unpacker = Unpacker()
    found: list[Orders] = []
    for cut in (*cuts, len(data)):
        found += unpacker.feed(data[:cut], Orders)
        data = data[cut:]
    assert found == sent


def test_a_report_comes_over_as_it_is() -> None:
    """Addresses packed, all of it."""
    report = Report({"eth0": 2}, (Held("eth0", ONE.packed, 3),), tally=Tally({ONE.packed: 1}), is_handed_over=True)
    assert Unpacker().feed(pack(report), Report) == [report]
