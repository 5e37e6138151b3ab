"""Messages out of segments, and what UPDATEs say: whole, split, doubled, out of order, cut off."""

from ipaddress import ip_address, ip_network
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.selftest.made import PEERING, Made
from conformance.selftest.made_bgp import (
    ORIGIN_IGP,
    SHUTDOWN,
    Talk,
    as_path,
    bandwidth,
    message,
    next_hop,
    number,
    plain,
    segment,
    update,
)
from conformance.suite import bgp_update
from conformance.suite.bgp_stream import Kind, messages

K1, TOR1 = PEERING["tor1", "k1"], "10.1.1.0"
DATA = message(Kind.OPEN, bytes(10)) + message(Kind.UPDATE, update()) + message(Kind.KEEPALIVE)
KINDS = [Kind.OPEN, Kind.UPDATE, Kind.KEEPALIVE]


def captured(*pieces: tuple[int, bytes], syn: bool = False) -> list[int]:
    """Capture segments, each (offset, bytes); return the kinds of the messages read."""
    made = Made().bgp()
    if syn:
        made.add("wire", "frame", observer="tor1", hex=segment(K1, TOR1, 999, b"", flags=0x02).hex())
    for at, data in pieces:
        made.add("wire", "frame", observer="tor1", hex=segment(K1, TOR1, 1000 + at, data).hex())
    return [each.kind for each in messages(made.cut())]


@given(st.sets(st.integers(1, len(DATA) - 1), max_size=6), st.randoms())
def test_a_stream_is_read_however_it_was_cut(cuts: set[int], random: Random) -> None:
    """Whatever the segments: the messages are the same."""
    edges = [0, *sorted(cuts), len(DATA)]
    pieces = [(begin, DATA[begin:end]) for begin, end in pairwise(edges)]
    random.shuffle(pieces)
    assert captured(*pieces, syn=True) == KINDS


def test_what_is_sent_again_counts_once() -> None:
    """A retransmission, also one of more bytes."""
    assert captured((0, DATA[:40]), (0, DATA[:40]), (0, DATA)) == KINDS


def test_a_hole_is_waited_for_and_never_filled_with_wrong_bytes() -> None:
    """What comes after it is not read."""
    assert captured((0, DATA[:29]), (50, DATA[50:])) == [Kind.OPEN]


def test_a_stream_that_was_not_seen_from_its_beginning_is_read_from_a_message_on() -> None:
    """A segment that begins with a marker begins with a message."""
    assert captured((7, DATA[7:29]), (29, DATA[29:])) == [Kind.UPDATE, Kind.KEEPALIVE]


def test_nonsense_ends_a_stream() -> None:
    """No message is made of it."""
    assert captured((0, DATA + bytes(40)), (len(DATA) + 40, DATA)) == KINDS


def test_an_update_is_read_whole() -> None:
    """Prefixes of both kinds, and every attribute that checks ask for."""
    more = number(4, 7) + number(5, 200) + number(8, SHUTDOWN) + bandwidth(2e6)
    body = update(
        "10.100.0.7/32",
        "10.100.0.16/28",
        withdrawn=("10.100.0.9/32",),
        attributes=ORIGIN_IGP + as_path(65200, 4200000000) + next_hop(K1) + more,
    )
    found = bgp_update.decode(body)
    assert found == bgp_update.Update(
        (ip_network("10.100.0.9/32"),),
        (ip_network("10.100.0.7/32"), ip_network("10.100.0.16/28")),
        ip_address(K1),
        0,
        (65200, 4200000000),
        7,
        200,
        (SHUTDOWN,),
        (),
        2e6,
        is_end_of_rib=False,
    )


def test_ipv6_is_read_from_its_own_attribute() -> None:
    """MP_REACH_NLRI with a global next hop."""
    nlri = bytes([128]) + ip_address("2001:db8::7").packed
    value = bytes.fromhex("000201") + bytes([16]) + ip_address("2001:db8::1").packed + b"\0" + nlri
    found = bgp_update.decode(update(attributes=ORIGIN_IGP + as_path(65200) + bytes([0x80, 14, len(value)]) + value))
    assert found is not None
    assert (found.advertised, found.next_hop) == ((ip_network("2001:db8::7/128"),), ip_address("2001:db8::1"))


def test_the_end_of_rib_says_nothing_else() -> None:
    """An empty UPDATE, or an empty MP_UNREACH_NLRI (RFC 4724 section 2)."""
    for body in (update(), update(attributes=bytes.fromhex("800f03000201"))):
        found = bgp_update.decode(body)
        assert found is not None
        assert found.is_end_of_rib


@pytest.mark.parametrize("cut", [1, 4, 6, 9, 14])
def test_a_broken_update_says_nothing(cut: int) -> None:
    """Cut off anywhere inside its attributes."""
    assert bgp_update.decode(plain("k1", "tor1", "10.100.0.7/32")[:-cut]) is None


@given(st.binary(max_size=200))
def test_nonsense_is_no_update(data: bytes) -> None:
    """It is read as something or as nothing, and never an error."""
    bgp_update.decode(data)


def test_a_talk_is_what_the_tests_say() -> None:
    """The builder's own stream is readable."""
    talk = Talk(Made().bgp()).says("k1", "tor1", Kind.OPEN, bytes(10)).says("k1", "tor1", Kind.KEEPALIVE)
    assert [each.kind for each in messages(talk.made.cut())] == [Kind.OPEN, Kind.KEEPALIVE]
