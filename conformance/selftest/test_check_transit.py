"""The judges of packets on their way, on hand-made histories that pass, fail and decide nothing; and ICMP."""

import struct
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.selftest.made import MACS, Made, Row
from conformance.suite import ipv4
from conformance.suite.checks import transit
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A, CLIENT, ROUTER = "10.10.0.200", "10.20.0.100", "10.10.0.1"
OK, LOST, NO, FAR = "", "timeout", "refused", "unreachable"

LOOP = transit.no_loop(at_least=3)
CLOSED = transit.closed("a", within_s=1, at_least=3)
PINGED = transit.pinged("a", "b", at_least=3)
NARROW = transit.path_mtu("a", at_least=2)


def frame(target: str, payload: bytes, *, ttl: int = 63, to: str = MACS["k1"], protocol: int = ipv4.TCP) -> str:
    """Write an Ethernet frame with an IPv4 packet of the client's."""
    addresses = IPv4Address(CLIENT).packed + IPv4Address(target).packed
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, ttl, protocol, 0) + addresses
    return (bytes.fromhex(to.replace(":", "")) + bytes(6) + b"\x08\x00" + head + payload).hex()


def syn(number: int) -> bytes:
    """Write the first bytes of a SYN from a port of its own."""
    return struct.pack("!HHIIBBHHH", 20000 + number, 81, 7, 0, 5 << 4, 0x02, 0, 0, 0)


def icmp(kind: int, code: int, rest: int = 0) -> bytes:
    """Write an ICMP message that quotes nothing."""
    return struct.pack("!BBHI", kind, code, 0, rest)


def wired(*frames: str, closes: bool = True, observer: str = "lan packets") -> Made:
    """A Service has an address, and a capture sees these frames."""
    made = Made().l2().created("web").shows("web", A).add("wire", "opened", observer=observer, node="sw")
    for number, one in enumerate(frames):
        made = made.at(number).add("wire", "frame", observer=observer, hex=one)
    return made.closed() if closes else made


SYNS = tuple(frame(A, syn(number)) for number in range(3))
AGAIN = frame(A, syn(0))
"""The first of them, sent again from the same station."""
ROUND = frame(A, syn(0), ttl=61)
"""The first of them, come back to the same node over two routers."""
ONWARD = frame(A, syn(0), ttl=62, to=MACS["k2"])
"""The first of them, passed on to another node."""
EXCEEDED = frame(CLIENT, icmp(ipv4.TIME_EXCEEDED, 0), protocol=ipv4.ICMP)
TOO_LONG = frame(A, icmp(*ipv4.FRAGMENTATION_NEEDED, rest=1280), protocol=ipv4.ICMP)
TOLD_ANOTHER = frame(ROUTER, icmp(*ipv4.FRAGMENTATION_NEEDED, rest=1280), protocol=ipv4.ICMP)
NO_PORT = frame(A, icmp(ipv4.UNREACHABLE, 3), protocol=ipv4.ICMP)
REFUSED = frame(CLIENT, icmp(ipv4.UNREACHABLE, 1), protocol=ipv4.ICMP)
ARP = "ff" * 12 + "0806" + "00" * 28


def asked(*errors: str, took_s: float = 0.01, also: str = "") -> Made:
    """Loop a: requests with these ends; loop b, if it is named, with one of its own."""
    made = Made().l2().requested("a", *errors, every_s=4, took_s=took_s)
    return made.requested("b", *[also] * 3) if also else made


def pings(first: tuple[str, ...], second: tuple[str, ...]) -> Made:
    """Two clients ping, with these ends."""
    return Made().l2().requested("a", *first).requested("b", *second)


def transfers(made: Made, *errors: str) -> Made:
    """Transfers of which each takes a second less than the one before, with these ends."""
    for number, error in enumerate(errors):
        made = made.requested("a", error, every_s=4, took_s=3 - number)
    return made


ROWS = (
    Row("once each", LOOP, wired(*SYNS, ARP).end(), PASS, "3 packets"),
    Row("sent again", LOOP, wired(*SYNS, AGAIN).end(), PASS, "4 packets"),
    Row("refused by ICMP", LOOP, wired(*SYNS, REFUSED).end(), PASS),
    Row("passed on", LOOP, wired(*SYNS, ONWARD).end(), PASS),
    Row("comes back", LOOP, wired(*SYNS, ROUND).end(), FAIL, "TTL 61 after 63"),
    Row("TTL exceeded", LOOP, wired(*SYNS, EXCEEDED).end(), FAIL, "1 times"),
    Row("TTL exceeded, no address", LOOP, Made().add("wire", "frame", observer="x", hex=EXCEEDED).end(), FAIL),
    Row("too few", LOOP, wired(*SYNS[:2]).end(), UNKNOWN, "2 packets"),
    Row("to others", LOOP, wired(*(frame(ROUTER, syn(n)) for n in range(3))).end(), UNKNOWN, "0 packets"),
    Row("cut short", LOOP, wired(*(bytes.fromhex(one)[:40].hex() for one in SYNS)).end(), UNKNOWN, "0 packets"),
    Row("capture never ended", LOOP, wired(*SYNS, closes=False).end(), UNKNOWN, "its end"),
    Row("RST", CLOSED, asked(NO, NO, NO).end(), PASS, "3 refused in time, 0 late"),
    Row("ICMP", CLOSED, asked(FAR, FAR, NO).end(), PASS, "3 refused in time"),
    Row("silence", CLOSED, asked(LOST, LOST, LOST).end(), PASS, "0 refused in time, 0 late, 3 in all"),
    Row("just in time", CLOSED, asked(NO, NO, NO, took_s=1).end(), PASS, "3 refused in time"),
    Row("late", CLOSED, asked(FAR, FAR, FAR, took_s=3).end(), PASS, "3 late"),
    Row("open", CLOSED, asked(NO, OK, NO).end(), FAIL, "1 of 3"),
    Row("accepted, then reset", CLOSED, asked(NO, NO, "reset").end(), FAIL, "1 of 3"),
    Row("accepted, then closed", CLOSED, asked("closed", NO, NO).end(), FAIL),
    Row("accepted, something else", CLOSED, asked("garbled", NO, NO).end(), FAIL),
    Row("too few", CLOSED, asked(NO, NO).end(), UNKNOWN),
    Row("another loop", CLOSED, asked(also=NO).end(), UNKNOWN, "0 requests"),
    Row("all", PINGED, pings((OK,) * 3, (OK,) * 3).end(), PASS, "a: all 3; b: all 3"),
    Row("none", PINGED, pings((LOST,) * 3, (LOST, FAR, FAR)).end(), PASS, "none of 3 answered (timeout, unreachable)"),
    Row("some", PINGED, pings((OK,) * 3, (OK, LOST, OK)).end(), FAIL, "b: 1 of 3"),
    Row("too few", PINGED, pings((OK,) * 3, (OK,) * 2).end(), UNKNOWN),
    Row("nobody asked", PINGED, Made().end(), UNKNOWN),
    Row("comes through", NARROW, transfers(wired(TOO_LONG), OK, OK).end(), PASS, "slowest in 3.0 s"),
    Row("says the MTU", NARROW, transfers(wired(TOO_LONG), OK, OK).end(), PASS, "(MTU 1280)"),
    Row("hangs", NARROW, transfers(wired(TOO_LONG), OK, LOST).end(), FAIL, "1 of 2"),
    Row("hangs, never told", NARROW, transfers(wired(), LOST, LOST).end(), FAIL, "0 times"),
    Row("wide all the way", NARROW, transfers(wired(), OK, OK).end(), UNKNOWN, "0 times"),
    Row("another was told", NARROW, transfers(wired(TOLD_ANOTHER), OK, OK).end(), UNKNOWN, "0 times"),
    Row("told something else", NARROW, transfers(wired(NO_PORT), OK, OK).end(), UNKNOWN, "0 times"),
    Row("too few", NARROW, transfers(wired(TOO_LONG), OK).end(), UNKNOWN, "1 transfers"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_transit_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason


def test_echo_request_is_that_of_rfc_792() -> None:
    """Type 8, code 0; the checksum of a message that holds its own checksum is 0 (RFC 1071)."""
    written = ipv4.echo(0x1234, b"abcd")
    assert written.hex() == "080021051234000061626364"
    assert sum(struct.unpack("!6H", written)) % 0xFFFF == 0


@given(st.integers(0, 0xFFFF), st.binary(max_size=64), st.integers(0, 0xFFFF), st.binary(max_size=64))
def test_a_reply_belongs_to_its_request(identifier: int, data: bytes, other: int, others: bytes) -> None:
    """A reply is taken for a request's if it has its identifier and its data, and a request is none."""
    header = bytes([0x45]) + bytes(19)
    reply = header + bytes([ipv4.ECHO_REPLY]) + ipv4.echo(identifier, data)[1:]
    assert ipv4.is_reply(reply, identifier, data)
    assert ipv4.is_reply(reply, other, others) is ((other, others) == (identifier, data))
    assert not ipv4.is_reply(header + ipv4.echo(identifier, data), identifier, data)


@given(st.binary(max_size=40))
def test_garbage_is_no_reply(packet: bytes) -> None:
    """Any bytes are read without an error."""
    assert not ipv4.is_reply(packet, 1, b"what nobody sends")
