"""Rules of the NDP codec (RFC 4861).

Pure.
"""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.packet import resolution
from lbkit.packet.drop import Drop, DropReason
from lbkit.packet.ndp import (
    UNSPECIFIED,
    Ndp,
    NeighborAdvertisement,
    NeighborSolicitation,
    decode,
    encode,
    group_mac,
    solicited_node,
)

MACS = st.binary(min_size=6, max_size=6)
ADDRESSES = st.ip_addresses(v=6).filter(lambda address: not address.is_multicast)
STATIONS = ADDRESSES.filter(lambda address: address != UNSPECIFIED)
SOLICITATIONS = st.builds(NeighborSolicitation, MACS, MACS, STATIONS, ADDRESSES, ADDRESSES, st.none() | MACS)
ADVERTISEMENTS = st.builds(
    NeighborAdvertisement,
    *(MACS, MACS, ADDRESSES, ADDRESSES, ADDRESSES),
    *(st.booleans(), st.booleans(), st.booleans()),
    st.none() | MACS,
)

VIP = IPv6Address("2001:db8::10")
GROUP = IPv6Address("ff02::1:ff00:10")
ASKER = bytes.fromhex("020000000001")
OWNER = bytes.fromhex("020000000002")
REQUEST = NeighborSolicitation(group_mac(GROUP), ASKER, IPv6Address("2001:db8::1"), GROUP, VIP, ASKER)
PROBE = replace(REQUEST, source_ip=UNSPECIFIED, source_mac=None)
ANSWER = NeighborAdvertisement(
    ASKER, OWNER, VIP, IPv6Address("2001:db8::1"), VIP, is_solicited=True, is_override=True, target_mac=OWNER
)
# Made by scapy 2.7.
REQUEST_BYTES = bytes.fromhex(
    "3333ff000010" "020000000001" "86dd"
    "60000000" "0020" "3a" "ff" "20010db8000000000000000000000001" "ff0200000000000000000001ff000010"
    "87" "00" "1c0b" "00000000" "20010db8000000000000000000000010"
    "01" "01" "020000000001"
)  # fmt: skip
PROBE_BYTES = bytes.fromhex(
    "3333ff000010" "020000000001" "86dd"
    "60000000" "0018" "3a" "ff" "00000000000000000000000000000000" "ff0200000000000000000001ff000010"
    "87" "00" "4ccf" "00000000" "20010db8000000000000000000000010"
)  # fmt: skip
ANSWER_BYTES = bytes.fromhex(
    "020000000001" "020000000002" "86dd"
    "60000000" "0020" "3a" "ff" "20010db8000000000000000000000010" "20010db8000000000000000000000001"
    "88" "00" "8a55" "60000000" "20010db8000000000000000000000010"
    "02" "01" "020000000002"
)  # fmt: skip


@pytest.mark.parametrize(
    ("packet", "data"),
    [
        pytest.param(REQUEST, REQUEST_BYTES, id="solicitation"),
        pytest.param(PROBE, PROBE_BYTES, id="probe"),
        pytest.param(ANSWER, ANSWER_BYTES, id="advertisement"),
    ],
)
def test_a_packet_has_the_bytes_of_rfc_4861(packet: Ndp, data: bytes) -> None:
    """Both ways, byte for byte."""
    assert encode(packet) == data == resolution.encode(packet)
    assert decode(data) == packet == resolution.decode(data)


def test_groups_follow_from_the_last_three_bytes() -> None:
    """RFC 4291 section 2.7.1 and RFC 2464 section 7."""
    assert solicited_node(IPv6Address("4037::01:800:200e:8c6c")) == IPv6Address("ff02::1:ff0e:8c6c")
    assert group_mac(IPv6Address("ff02::1:ff0e:8c6c")) == bytes.fromhex("3333ff0e8c6c")


def test_padding_is_ignored() -> None:
    """The IPv6 payload length says where the packet ends."""
    assert decode(PROBE_BYTES + bytes(9)) == PROBE


@given(SOLICITATIONS | ADVERTISEMENTS)
def test_what_is_encoded_decodes_to_the_same_packet(packet: Ndp) -> None:
    """Encoding loses nothing."""
    assert decode(encode(packet)) == packet


@given(st.binary(max_size=120))
def test_random_bytes_never_raise(data: bytes) -> None:
    """Whatever arrives is a packet or a named drop."""
    assert isinstance(decode(data), Ndp | Drop)


@given(st.sampled_from([REQUEST_BYTES, PROBE_BYTES, ANSWER_BYTES]), st.integers(0, 85), st.integers(1, 255))
def test_one_changed_byte_of_the_ip_packet_is_noticed_or_harmless(data: bytes, at: int, change: int) -> None:
    """The checksum covers all that is acted on: one changed byte never gives other addresses."""
    at = min(at, len(data) - 1)
    changed = decode(data[:at] + bytes((data[at] ^ change,)) + data[at + 1 :])
    if not isinstance(changed, Drop):
        known = decode(data)
        assert not isinstance(known, Drop)
        assert replace(changed, destination=known.destination, source=known.source) == known


def _with(at: int, value: str) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes.fromhex(value) + data[at + len(value) // 2 :]


def _sealed(data: bytes) -> bytes:
    """Put the right checksum and length into a frame that was changed (the reference of RFC 1071)."""
    body = data[54:56] + b"\0\0" + data[58:]
    whole = data[22:54] + len(body).to_bytes(4) + (58).to_bytes(4) + body + b"\0" * (len(body) % 2)
    total = sum(int.from_bytes(whole[at : at + 2]) for at in range(0, len(whole), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return data[:18] + len(body).to_bytes(2) + data[20:56] + (total ^ 0xFFFF).to_bytes(2) + data[58:]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", DropReason.TRUNCATED, id="empty"),
        pytest.param(PROBE_BYTES[:53], DropReason.TRUNCATED, id="no-ipv6-header"),
        pytest.param(PROBE_BYTES[:77], DropReason.TRUNCATED, id="one-byte-short"),
        pytest.param(_with(18, "0003")(PROBE_BYTES), DropReason.TRUNCATED, id="no-icmpv6-header"),
        pytest.param(_sealed(PROBE_BYTES[:77]), DropReason.TRUNCATED, id="shorter-than-24-bytes"),
        pytest.param(_with(12, "0806")(REQUEST_BYTES), DropReason.NOT_NDP, id="arp"),
        pytest.param(_with(14, "40")(REQUEST_BYTES), DropReason.NOT_NDP, id="version-4"),
        pytest.param(_with(20, "00")(REQUEST_BYTES), DropReason.NOT_NDP, id="hop-by-hop"),
        pytest.param(_with(20, "2c")(REQUEST_BYTES), DropReason.NOT_NDP, id="fragment"),
        pytest.param(_with(54, "80")(REQUEST_BYTES), DropReason.NOT_NDP, id="echo-request"),
        pytest.param(_with(21, "fe")(REQUEST_BYTES), DropReason.FORWARDED, id="hop-limit"),
        pytest.param(_with(56, "1c0c")(REQUEST_BYTES), DropReason.BAD_CHECKSUM, id="checksum"),
        pytest.param(_sealed(_with(55, "01")(REQUEST_BYTES)), DropReason.INVALID, id="code"),
        pytest.param(_sealed(_with(22, "ff02")(REQUEST_BYTES)), DropReason.INVALID, id="source-is-a-group"),
        pytest.param(_sealed(_with(62, "ff02")(REQUEST_BYTES)), DropReason.INVALID, id="target-is-a-group"),
        pytest.param(_sealed(_with(79, "00")(REQUEST_BYTES)), DropReason.INVALID, id="option-without-length"),
        pytest.param(_sealed(REQUEST_BYTES + b"\x01"), DropReason.TRUNCATED, id="half-an-option"),
        pytest.param(_sealed(_with(79, "02")(REQUEST_BYTES)), DropReason.TRUNCATED, id="option-past-the-end"),
        pytest.param(_sealed(_with(79, "02")(REQUEST_BYTES + bytes(8))), DropReason.INVALID, id="address-of-14-bytes"),
        pytest.param(
            _sealed(PROBE_BYTES + bytes.fromhex("0101020000000001")), DropReason.INVALID, id="probe-with-address"
        ),
        pytest.param(_sealed(_with(38, "20")(PROBE_BYTES)), DropReason.INVALID, id="probe-to-a-station"),
        pytest.param(_sealed(_with(38, "ff")(ANSWER_BYTES)), DropReason.INVALID, id="solicited-to-a-group"),
    ],
)
def test_what_rfc_4861_section_7_1_forbids_is_dropped_with_its_reason(data: bytes, reason: DropReason) -> None:
    """Each fault has its word."""
    assert decode(data) == Drop(reason)


def test_unknown_options_are_skipped() -> None:
    """RFC 4861 section 4.6: what is not recognized is ignored, here a nonce (RFC 7527)."""
    assert decode(_sealed(PROBE_BYTES + bytes.fromhex("0e01a1b2c3d4e5f6"))) == PROBE


def test_ipv4_frames_are_left_to_arp() -> None:
    """Either family goes through one door."""
    assert resolution.decode(bytes.fromhex("ffffffffffff0200000000010800")) == Drop(DropReason.NOT_ARP)
