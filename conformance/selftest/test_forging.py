"""The programs that pretend to be somebody: what they send is well formed, and what they hear is read right."""

import random
import struct
from ipaddress import IPv4Address

import pytest

from conformance.selftest.made_bgp import segment
from conformance.suite import arp, bgp_open, bgp_stream, udp
from conformance.suite.bgp_stream import Kind
from conformance.suite.checksum import internet
from conformance.suite.observers import forge, reset, spoof, stranger

PORT = 7947


def frame(payload: bytes, port: int = PORT, protocol: int = 17) -> bytes:
    """A UDP datagram over IPv4 in an Ethernet frame."""
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 28 + len(payload), 0, 0, 64, protocol, 0) + bytes(8)
    return bytes(12) + b"\x08\x00" + ip + struct.pack("!HHHH", 1, port, 8 + len(payload), 9) + payload


def test_datagram_of_the_channel_is_found_and_no_other() -> None:
    """The payload begins after the headers; other ports, protocols and stumps are none."""
    assert frame(b"x")[udp.payload(frame(b"x"), PORT) :] == b"x"
    others = (frame(b"x", port=1), frame(b"x", protocol=6), frame(b"")[:41], b"")
    assert [udp.payload(other, PORT) for other in others] == [0, 0, 0, 0]


def test_forged_frame_has_right_lengths_and_checksum() -> None:
    """The headers fit another payload; the checksum of IPv4 adds up (RFC 1071), that of UDP is none."""
    made = forge.carrying(frame(b"long ago"), 42, b"now")
    assert made.endswith(b"now")
    assert made[6:12].hex(":") == spoof.SPOOFER_MAC
    assert struct.unpack_from("!H", made, 16)[0] == len(made) - 14
    assert struct.unpack_from("!HH", made, 38) == (11, 0)
    total = sum(struct.unpack("!10H", made[14:34]))
    assert (total & 0xFFFF) + (total >> 16) == 0xFFFF


def test_forged_payloads_are_four_and_repeatable() -> None:
    """One is what was heard, the others are not, and the same seed forges the same."""
    heard = b"0123456789"
    made, again = (forge.forged(heard, random.Random(1)) for _ in range(2))  # noqa: S311 - repeatable by its seed
    assert made == again
    assert made["verbatim"] == heard
    assert heard not in {made["altered"], made["cut"], made["random"]}
    assert len(made["altered"]) == len(heard)
    assert heard.startswith(made["cut"])


def test_claim_is_gratuitous_and_a_strangers() -> None:
    """A spoofed claim tells everybody of the address, from a MAC of nobody's."""
    told = arp.decode(spoof.claim(IPv4Address("10.10.0.200"), arp.REPLY, arp.BROADCAST))
    assert told is not None
    assert told.is_gratuitous
    assert (told.destination, told.sender_mac) == (arp.BROADCAST, spoof.SPOOFER_MAC)


def test_stranger_reads_message_types_until_what_is_none() -> None:
    """Types come in order; what has no marker ends them."""
    said = bgp_open.encode(64999, 9, "10.10.0.100") + bgp_stream.encode(Kind.KEEPALIVE)
    assert stranger.types(said) == [Kind.OPEN, Kind.KEEPALIVE]
    assert stranger.types(said + b"HTTP/1.1 400 Bad Request") == [Kind.OPEN, Kind.KEEPALIVE]
    assert stranger.types(b"") == []


def test_forged_reset_goes_back_with_the_number_that_is_expected() -> None:
    """It has the ends turned round, the acknowledgment as its number, no options, and checksums that add up."""
    heard = segment("10.1.1.1", "10.1.1.0", 77, b"x" * 19, flags=0x18)
    acknowledged = heard[:42] + struct.pack("!I", 4242) + heard[46:]
    made = reset.forged(bytes(6) + b"\x02" * 6 + acknowledged[12:])
    assert made is not None
    assert (made[:6], made[6:12]) == (b"\x02" * 6, bytes(6))
    told = bgp_stream.segment(made, 0)
    assert told is not None
    assert tuple(map(str, told.ends)) == ("10.1.1.0", "179", "10.1.1.1", "40000")
    assert (told.number, told.options, told.data, made[47]) == (4242, b"", b"", 0x04)
    assert internet(made[14:34]) == 0
    assert internet(made[26:34] + struct.pack("!HH", 6, 20) + made[34:]) == 0


@pytest.mark.parametrize("flags", [0x02, 0x12, 0x11, 0x14, 0x08], ids=["SYN", "SYN-ACK", "FIN", "RST", "no ACK"])
def test_only_a_living_connection_is_reset(flags: int) -> None:
    """What begins or ends a connection says nothing of what its sender expects next; nor does a stump."""
    assert reset.forged(segment("10.1.1.1", "10.1.1.0", 77, b"", flags=flags)) is None
    assert reset.forged(segment("10.1.1.1", "10.1.1.0", 77, b"")[:50]) is None
