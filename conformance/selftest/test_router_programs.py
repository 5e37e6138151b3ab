"""What the programs in routers' networks make of frames and tables, without any network."""

import struct
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from conformance.selftest.made import Made
from conformance.suite import bgp_open, seen, tables
from conformance.suite.bgp_stream import Kind
from conformance.suite.observers import jitter, offer

ETHERNET = bytes(12) + b"\x08\x00"


def bfd(port: int = 3784, dscp: int = 48, ttl: int = 255, protocol: int = 17) -> bytes:
    """Write a frame with a UDP packet."""
    payload = bytes(24)
    udp = struct.pack("!HHHH", 50000, port, 8 + len(payload), 0xBEEF) + payload
    ip = struct.pack(
        "!BBHHHBBH4s4s", 0x45, dscp << 2, 20 + len(udp), 7, 0, ttl, protocol, 0, bytes(4), b"\x0a\x01\x01\x00"
    )
    return ETHERNET + ip + udp


def test_a_bfd_packet_is_told_from_others_and_from_copies() -> None:
    """Only what is sent to port 3784 over UDP, and is no copy, is sent once more."""
    assert jitter.is_bfd(bfd())
    assert not jitter.is_bfd(bfd(port=3785))
    assert not jitter.is_bfd(bfd(protocol=6))
    assert not jitter.is_bfd(bfd(dscp=jitter.MARK))
    assert not jitter.is_bfd(jitter.copied(bfd()))
    assert not jitter.is_bfd(bfd()[:30])


def test_a_copy_has_a_mark_a_right_checksum_and_the_same_ttl() -> None:
    """The receiver checks the header's sum and the TTL of 255 (RFC 5881 section 5); a UDP checksum of 0 is none."""
    frame = jitter.copied(bfd())
    header = frame[14:34]
    total = sum(struct.unpack("!10H", header))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    assert total == 0xFFFF
    assert header[1] >> 2 == jitter.MARK
    assert header[8] == 255
    assert frame[34 + 6 : 34 + 8] == b"\0\0"
    assert frame[34:40] + frame[42:] == bfd()[34:40] + bfd()[42:]


def test_an_offer_is_an_open_that_can_be_read() -> None:
    """The program's OPEN says what it is asked to, with an AS number of four octets too."""
    for asn in (65101, 4_200_000_000):
        message = offer.open_message(asn, 2, "10.255.255.1")
        tcp = struct.pack("!HHIIBBHHH", 179, 40000, 0, 0, 5 << 4, 0x18, 0, 0, 0) + message
        ip = struct.pack(
            "!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, b"\x0a\x01\x01\x00", b"\x0a\x01\x01\x01"
        )
        read = bgp_open.decode(ETHERNET + ip + tcp)
        assert read is not None
        assert (read.asn, read.hold_time_s, read.router_id) == (asn, 2, IPv4Address("10.255.255.1"))
        assert read.families == {(1, 1)}
        assert message[18] == Kind.OPEN


def test_a_router_tells_its_as_and_how_often_bfd_went_down() -> None:
    """As FRR prints them."""
    assert tables.own_asn("hostname tor1\n!\nrouter bgp 65101\n bgp router-id 10.255.0.1\n") == 65101
    raw: list[Mapping[str, Any]] = [{"peer": "10.1.1.1", "session-up": 2, "session-down": 1}, {"peer": "10.3.1.0"}]
    assert {str(a): n for a, n in tables.bfd_downs(raw).items()} == {"10.1.1.1": 1, "10.3.1.0": 0}


def test_a_moment_lasts_until_the_next_mark_of_any_name() -> None:
    """Names follow the beginning, with commas; none at all is nobody."""
    made = Made().at(1).mark("hops: a,b").at(2).mark("seen").at(3).mark("hops: ").at(4)
    first, last = seen.moments(made.end(), "hops: ")
    assert seen.seconds(first.end_ns, first.begin_ns) == 1.0
    assert first.names == {"a", "b"}
    assert last.names == frozenset()
    assert last.end_ns > made.cut().end_ns
