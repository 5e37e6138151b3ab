"""Rules of the frames that carry heartbeats.

Pure.
"""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.packet.datagram import MOST_PAYLOAD_BYTES, PORT, decode, encode
from lbkit.packet.drop import Drop, DropReason

MAC = bytes.fromhex("020000000001")
# Made by scapy 2.7.
IPV4_BYTES = bytes.fromhex(
    "ffffffffffff" "020000000001" "0800"
    "45c0" "0021" "0000" "4000" "01" "11" "b70b" "c0000201" "ffffffff"
    "1f0b" "1f0b" "000d" "bbea" "68656c6c6f"
)  # fmt: skip
IPV6_BYTES = bytes.fromhex(
    "333300000001" "020000000001" "86dd"
    "6c000000" "000d" "11" "01" "fe800000000000000000000000000001" "ff020000000000000000000000000001"
    "1f0b" "1f0b" "000d" "8066" "68656c6c6f"
)  # fmt: skip


@pytest.mark.parametrize(
    ("source", "data"),
    [
        pytest.param(IPv4Address("192.0.2.1"), IPV4_BYTES, id="ipv4"),
        pytest.param(IPv6Address("fe80::1"), IPV6_BYTES, id="ipv6"),
    ],
)
def test_a_datagram_has_the_bytes_of_its_rfcs(source: IPv4Address | IPv6Address, data: bytes) -> None:
    """Both ways, byte for byte, with right checksums."""
    assert encode(b"hello", MAC, source) == data
    assert decode(data) == (MAC, b"hello")


@given(st.binary(max_size=MOST_PAYLOAD_BYTES), st.binary(min_size=6, max_size=6), st.ip_addresses())
def test_what_is_encoded_decodes_to_the_same_payload(
    payload: bytes, mac: bytes, source: IPv4Address | IPv6Address
) -> None:
    """Encoding loses nothing, in either family."""
    assert decode(encode(payload, mac, source)) == (mac, payload)


def test_the_largest_payload_fits_the_least_mtu_of_ipv6() -> None:
    """RFC 8200 section 5: every link carries 1,280 bytes."""
    assert len(encode(bytes(MOST_PAYLOAD_BYTES), MAC, IPv6Address("fe80::1"))) == 14 + 1280


def test_padding_is_ignored() -> None:
    """The UDP length says where the payload ends."""
    assert decode(IPV4_BYTES + bytes(13)) == (MAC, b"hello")


@given(st.binary(max_size=120))
def test_random_bytes_never_raise(data: bytes) -> None:
    """Whatever arrives is a payload or a named drop."""
    assert isinstance(decode(data), tuple | Drop)


@given(st.sampled_from([IPV4_BYTES, IPV6_BYTES]), st.integers(12, 66), st.binary(min_size=1, max_size=8))
def test_mutated_frames_never_raise(data: bytes, at: int, change: bytes) -> None:
    """The same, past the first tests of the decoder."""
    assert isinstance(decode(data[:at] + change + data[at + len(change) :]), tuple | Drop)


def _with(data: bytes, at: int, value: str) -> bytes:
    return data[:at] + bytes.fromhex(value) + data[at + len(value) // 2 :]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", DropReason.TRUNCATED, id="empty"),
        pytest.param(IPV4_BYTES[:41], DropReason.TRUNCATED, id="ipv4-header"),
        pytest.param(IPV6_BYTES[:61], DropReason.TRUNCATED, id="ipv6-header"),
        pytest.param(IPV4_BYTES[:-1], DropReason.TRUNCATED, id="one-byte-short"),
        pytest.param(_with(IPV4_BYTES, 38, "0007"), DropReason.TRUNCATED, id="shorter-than-udp"),
        pytest.param(_with(IPV4_BYTES, 12, "0806"), DropReason.NOT_HEARTBEAT, id="arp"),
        pytest.param(_with(IPV4_BYTES, 14, "46"), DropReason.NOT_HEARTBEAT, id="ipv4-options"),
        pytest.param(_with(IPV4_BYTES, 20, "2000"), DropReason.NOT_HEARTBEAT, id="first-fragment"),
        pytest.param(_with(IPV4_BYTES, 20, "0001"), DropReason.NOT_HEARTBEAT, id="later-fragment"),
        pytest.param(_with(IPV4_BYTES, 23, "06"), DropReason.NOT_HEARTBEAT, id="tcp"),
        pytest.param(_with(IPV4_BYTES, 30, "c00002ff"), DropReason.NOT_HEARTBEAT, id="directed"),
        pytest.param(_with(IPV4_BYTES, 0, "020000000002"), DropReason.NOT_HEARTBEAT, id="to-one-station"),
        pytest.param(_with(IPV4_BYTES, 36, "0043"), DropReason.NOT_HEARTBEAT, id="other-port"),
        pytest.param(_with(IPV6_BYTES, 14, "4c"), DropReason.NOT_HEARTBEAT, id="version"),
        pytest.param(_with(IPV6_BYTES, 20, "00"), DropReason.NOT_HEARTBEAT, id="hop-by-hop"),
        pytest.param(_with(IPV6_BYTES, 38, "ff05"), DropReason.NOT_HEARTBEAT, id="other-group"),
    ],
)
def test_what_is_no_heartbeats_frame_is_dropped_with_its_reason(data: bytes, reason: DropReason) -> None:
    """Each fault has its word."""
    assert decode(data) == Drop(reason)


def test_the_port_is_the_documented_one() -> None:
    """Operators write it into their filters."""
    assert PORT == 7947
