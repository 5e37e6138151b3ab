"""Rules of the heartbeat codec.

Pure.
"""

import hmac
import struct
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbkit.packet.datagram import MOST_PAYLOAD_BYTES
from lbkit.packet.drop import Drop, DropReason
from lbkit.packet.heartbeat import (
    TAG_BYTES,
    Change,
    Heartbeat,
    Holding,
    Keyring,
    Objection,
    Phase,
    Report,
    decode,
    encode,
    paginate,
    station_id,
)

U32, U64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
STATIONS = st.binary(min_size=8, max_size=8)
NAMES = st.text(st.characters(codec="ascii"), min_size=1, max_size=60)
REPORTS = st.builds(Report, STATIONS, U64, U32, U32)
OBJECTIONS = st.builds(Objection, st.ip_addresses(), STATIONS, U32)
CHANGES = st.builds(Change, st.ip_addresses(), st.sampled_from(Holding), U32)
PLAIN = st.builds(
    Heartbeat,
    node=NAMES,
    interface=NAMES,
    epoch=U64,
    sequence=st.integers(0, 2**31),
    phase=st.sampled_from(Phase),
    holds=U32,
    is_draining=st.booleans(),
    is_deaf=st.booleans(),
    is_leaving=st.booleans(),
    speaks_ipv6=st.booleans(),
    reports=st.lists(REPORTS, max_size=50).map(tuple),
    objections=st.lists(OBJECTIONS, max_size=50).map(tuple),
)
KEYRING = Keyring(b"cluster1", {1: b"secret", 2: b"next"}, 1)
BEAT = Heartbeat(
    "node-1",
    "eth1",
    epoch=1_700_000_000_000_000_000,
    sequence=7,
    holds=3,
    reports=(Report(station_id("node-2", "eth1"), 5, 9, 4),),
    objections=(Objection(ip_address("192.0.2.9"), station_id("node-3", "eth1"), 6),),
    base=1,
    top=3,
    changes=(
        Change(ip_address("192.0.2.10"), Holding.HELD, 2),
        Change(ip_address("2001:db8::10"), Holding.OFFERED, 1),
    ),
)
BEAT_BYTES = bytes.fromhex(
    "4c424842" "01" "20" "01" "00" "636c757374657231"
    "17979cfe362a0000" "00000007" "00000003" "00000001" "00000003"
    "06" "6e6f64652d31" "04" "65746831" "01" "01" "02"
    "9f25f47effa21813" "0000000000000005" "00000009" "00000004"
    "00" "c0000209" "3a2f169408abd489" "00000006"
    "01" "c000020a" "00000002"
    "82" "20010db8000000000000000000000010" "00000001"
)  # fmt: skip


@st.composite
def pages(draw: st.DrawFn) -> Heartbeat:
    """Make one heartbeat that fits a frame, as `paginate` makes them."""
    changes = draw(st.none() | st.lists(CHANGES, max_size=90))
    beat = draw(PLAIN)
    base = 0
    if changes:
        base = draw(st.integers(0, 2**16))
        beat = replace(beat, holds=base + len(changes), base=base)
    numbered = None if changes is None else [(base + 1 + at, change) for at, change in enumerate(changes)]
    return draw(st.sampled_from(paginate(beat, numbered)))


def sealed(body: bytes) -> bytes:
    """Sign a body whatever is in it."""
    return body + hmac.digest(b"secret", body, "sha256")[:TAG_BYTES]


def test_a_heartbeat_has_the_bytes_of_its_layout() -> None:
    """Byte for byte, and a tag of 128 bits over all of them."""
    assert encode(BEAT, KEYRING) == sealed(BEAT_BYTES)
    assert decode(sealed(BEAT_BYTES), KEYRING) == BEAT


@settings(max_examples=30)
@given(pages())
def test_what_is_encoded_decodes_to_the_same_heartbeat(beat: Heartbeat) -> None:
    """Encoding loses nothing, and fits a frame."""
    data = encode(beat, KEYRING)
    assert len(data) <= MOST_PAYLOAD_BYTES
    assert decode(data, KEYRING) == beat


@settings(max_examples=30)
@given(PLAIN, st.none() | st.lists(CHANGES, max_size=400))
def test_pages_hold_everything_once_and_in_order(beat: Heartbeat, changes: Sequence[Change] | None) -> None:
    """However much there is to say; versions join without a gap, and end at the newest."""
    numbered = None if changes is None else [(at + 1, change) for at, change in enumerate(changes)]
    told = paginate(replace(beat, holds=500), numbered)
    assert [page.sequence for page in told] == list(range(beat.sequence, beat.sequence + len(told)))
    assert tuple(report for page in told for report in page.reports) == beat.reports
    assert tuple(objection for page in told for objection in page.objections) == beat.objections
    assert [change for page in told for change in page.changes] == list(changes or ())
    base = 0
    for page in told:
        if page.top:
            assert page.base == base < page.top
            base = page.top
    assert base == (0 if changes is None else 500)


@given(st.binary(max_size=200))
def test_random_bytes_never_raise(data: bytes) -> None:
    """Whatever arrives is a heartbeat or a named drop."""
    assert isinstance(decode(data, KEYRING), Drop)


@given(st.binary(max_size=200))
def test_random_bytes_after_a_right_head_never_raise(data: bytes) -> None:
    """The same, from somebody who knows the key."""
    assert isinstance(decode(sealed(BEAT_BYTES[:40] + data), KEYRING), Heartbeat | Drop)


@given(st.integers(0, len(BEAT_BYTES) - 1), st.integers(1, 255))
def test_one_changed_byte_is_noticed(at: int, change: int) -> None:
    """Who does not know the key cannot change anything."""
    data = encode(BEAT, KEYRING)
    assert isinstance(decode(data[:at] + bytes((data[at] ^ change,)) + data[at + 1 :], KEYRING), Drop)


def test_a_new_key_is_taken_before_it_is_used() -> None:
    """Every key of the ring is good, so that a new one can be spread first."""
    assert decode(encode(BEAT, replace(KEYRING, current=2)), KEYRING) == BEAT


def test_a_secret_does_not_show() -> None:
    """Values end up in logs."""
    assert "secret" not in repr(KEYRING)


def _with(at: int, value: str) -> bytes:
    return sealed(BEAT_BYTES[:at] + bytes.fromhex(value) + BEAT_BYTES[at + len(value) // 2 :])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", DropReason.NOT_HEARTBEAT, id="empty"),
        pytest.param(b"LBHC" + BEAT_BYTES[4:], DropReason.NOT_HEARTBEAT, id="magic"),
        pytest.param(sealed(BEAT_BYTES)[:55], DropReason.TRUNCATED, id="shorter-than-its-head"),
        pytest.param(_with(4, "02"), DropReason.UNSUPPORTED_VERSION, id="version"),
        pytest.param(_with(8, "636c757374657232"), DropReason.OTHER_CLUSTER, id="other-cluster"),
        pytest.param(_with(6, "03"), DropReason.UNKNOWN_KEY, id="unknown-key"),
        pytest.param(_with(6, "02"), DropReason.NOT_AUTHENTIC, id="other-key"),
        pytest.param(sealed(BEAT_BYTES)[:-1] + b"\0", DropReason.NOT_AUTHENTIC, id="tag"),
        pytest.param(sealed(BEAT_BYTES)[:-1], DropReason.NOT_AUTHENTIC, id="cut"),
        pytest.param(_with(5, "40"), DropReason.INVALID, id="unknown-flag"),
        pytest.param(_with(5, "03"), DropReason.INVALID, id="two-phases"),
        pytest.param(_with(28, "00000002"), DropReason.INVALID, id="top-past-what-is-held"),
        pytest.param(_with(32, "00000003"), DropReason.INVALID, id="changes-that-change-no-version"),
        pytest.param(_with(36, "00000000"), DropReason.INVALID, id="changes-without-top"),
        pytest.param(_with(40, "00"), DropReason.INVALID, id="no-node"),
        pytest.param(_with(41, "ff"), DropReason.INVALID, id="not-utf-8"),
        pytest.param(_with(47, "ff"), DropReason.INVALID, id="name-past-the-end"),
        pytest.param(_with(52, "09"), DropReason.INVALID, id="reports-past-the-end"),
        pytest.param(_with(54, "01"), DropReason.INVALID, id="bytes-left-over"),
        pytest.param(_with(79, "01"), DropReason.INVALID, id="objection-with-a-kind"),
        pytest.param(_with(96, "03"), DropReason.INVALID, id="unknown-holding"),
    ],
)
def test_what_is_no_heartbeat_of_this_cluster_is_dropped_with_its_reason(data: bytes, reason: DropReason) -> None:
    """Each fault has its word."""
    assert decode(data, KEYRING) == Drop(reason)


def test_a_station_is_named_by_node_and_interface() -> None:
    """Two interfaces of one node on one segment are two stations."""
    assert len({station_id("a", "eth0"), station_id("a", "eth1"), station_id("b", "eth0")}) == 3
    assert struct.calcsize("8s") == len(BEAT.station) == 8
