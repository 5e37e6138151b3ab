"""Rules of the Ethernet codec.

Pure.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.packet.drop import Drop, DropReason
from lbkit.packet.ethernet import BROADCAST, Frame, decode, encode, is_unicast, mac_text

MACS = st.binary(min_size=6, max_size=6)
FRAMES = st.builds(Frame, MACS, MACS, st.integers(0, 0xFFFF), st.binary(max_size=1500))


@given(FRAMES)
def test_what_is_encoded_decodes_to_the_same_frame(frame: Frame) -> None:
    """Encoding loses nothing."""
    assert decode(encode(frame)) == frame


@given(st.binary(max_size=2000))
def test_random_bytes_never_raise(data: bytes) -> None:
    """Whatever arrives is a frame or a named drop."""
    assert isinstance(decode(data), Frame | Drop)


def test_a_frame_shorter_than_its_header_is_truncated() -> None:
    """13 bytes are no frame."""
    assert decode(bytes(13)) == Drop(DropReason.TRUNCATED)


@pytest.mark.parametrize(
    ("mac", "expected"),
    [
        pytest.param(BROADCAST, False, id="broadcast"),
        pytest.param(bytes.fromhex("01005e000001"), False, id="multicast"),
        pytest.param(bytes(6), False, id="zero"),
        pytest.param(bytes.fromhex("020000000001"), True, id="station"),
    ],
)
def test_only_one_station_is_unicast(mac: bytes, expected: bool) -> None:
    """Group addresses and zeros are no station."""
    assert is_unicast(mac) is expected


def test_a_mac_is_spelled_with_colons() -> None:
    """The common spelling."""
    assert mac_text(bytes.fromhex("020000000001")) == "02:00:00:00:00:01"
