"""Rules of the ARP codec (RFC 826).

Pure.
"""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.packet.arp import Arp, Operation, decode, encode
from lbkit.packet.drop import Drop, DropReason

MACS = st.binary(min_size=6, max_size=6)
PACKETS = st.builds(
    Arp,
    MACS,
    MACS,
    st.sampled_from(Operation),
    MACS,
    st.ip_addresses(v=4),
    MACS,
    st.ip_addresses(v=4),
)

REQUEST = Arp(
    destination=b"\xff" * 6,
    source=bytes.fromhex("020000000001"),
    operation=Operation.REQUEST,
    sender_mac=bytes.fromhex("020000000001"),
    sender_ip=IPv4Address("192.0.2.1"),
    target_mac=bytes(6),
    target_ip=IPv4Address("192.0.2.10"),
)
REQUEST_BYTES = bytes.fromhex(
    "ffffffffffff" "020000000001" "0806"
    "0001" "0800" "06" "04" "0001"
    "020000000001" "c0000201"
    "000000000000" "c000020a"
)  # fmt: skip


def test_a_request_has_the_bytes_of_rfc_826() -> None:
    """Both ways, byte for byte."""
    assert encode(REQUEST) == REQUEST_BYTES
    assert decode(REQUEST_BYTES) == REQUEST


def test_padding_is_ignored() -> None:
    """A received frame is at least 60 bytes long."""
    assert decode(REQUEST_BYTES + bytes(18)) == REQUEST


@given(PACKETS)
def test_what_is_encoded_decodes_to_the_same_packet(packet: Arp) -> None:
    """Encoding loses nothing."""
    assert decode(encode(packet)) == packet


@given(st.binary(max_size=100))
def test_random_bytes_never_raise(data: bytes) -> None:
    """Whatever arrives is a packet or a named drop."""
    assert isinstance(decode(data), Arp | Drop)


@given(st.binary(max_size=60))
def test_random_bytes_after_an_arp_header_never_raise(data: bytes) -> None:
    """The same, past the first test of the decoder."""
    assert isinstance(decode(REQUEST_BYTES[:14] + data), Arp | Drop)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", DropReason.TRUNCATED, id="empty"),
        pytest.param(REQUEST_BYTES[:41], DropReason.TRUNCATED, id="one-byte-short"),
        pytest.param(REQUEST_BYTES[:12] + b"\x08\x00" + REQUEST_BYTES[14:], DropReason.NOT_ARP, id="ipv4"),
        pytest.param(
            REQUEST_BYTES[:14] + b"\x00\x06" + REQUEST_BYTES[16:], DropReason.NOT_ETHERNET_IPV4, id="hardware-type"
        ),
        pytest.param(
            REQUEST_BYTES[:16] + b"\x86\xdd" + REQUEST_BYTES[18:], DropReason.NOT_ETHERNET_IPV4, id="protocol-type"
        ),
        pytest.param(
            REQUEST_BYTES[:18] + b"\x08" + REQUEST_BYTES[19:], DropReason.NOT_ETHERNET_IPV4, id="hardware-length"
        ),
        pytest.param(REQUEST_BYTES[:20] + b"\x00\x03" + REQUEST_BYTES[22:], DropReason.UNKNOWN_OPERATION, id="rarp"),
    ],
)
def test_a_frame_that_is_not_arp_for_ipv4_is_dropped_with_its_reason(data: bytes, reason: DropReason) -> None:
    """Each fault has its word."""
    assert decode(data) == Drop(reason)
