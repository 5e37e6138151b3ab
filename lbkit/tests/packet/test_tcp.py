"""Rules of what is read of TCP: beginnings and ends of connections.

Pure.
"""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.packet.drop import Drop
from lbkit.packet.tcp import FIN, RST, SYN, Edge, decode
from lbkit.tests.packet.tcp_frames import ACK, frame

ENDS = (
    pytest.param(("192.0.2.7", "192.0.2.10"), id="ipv4"),
    pytest.param(("2001:db8::7", "2001:db8::a"), id="ipv6"),
)


@pytest.mark.parametrize(
    ("flags", "is_open"),
    [
        pytest.param(SYN, True, id="syn"),
        pytest.param(FIN | ACK, False, id="fin"),
        pytest.param(RST, False, id="rst"),
        pytest.param(SYN | RST, False, id="both"),
    ],
)
@pytest.mark.parametrize("ends", ENDS)
def test_a_connection_is_seen_to_begin_and_to_end(ends: tuple[str, str], flags: int, is_open: bool) -> None:
    """By the flags of RFC 9293 section 3.1, in both families, cut off after the header or not."""
    source, target = map(ip_address, ends)
    data = frame(flags, source, target)
    assert decode(data) == decode(data + b"more") == Edge(target, source.packed + b"\x75\x30\x00\x50", is_open)


@pytest.mark.parametrize("ends", ENDS)
def test_flows_differ_by_their_ports(ends: tuple[str, str]) -> None:
    """Two connections of one client are two."""
    source, target = map(ip_address, ends)
    first, second = (decode(frame(SYN, source, target, ports=(port, 80))) for port in (30000, 30001))
    assert isinstance(first, Edge)
    assert isinstance(second, Edge)
    assert first.flow != second.flow


@pytest.mark.parametrize("ends", ENDS)
def test_what_begins_and_ends_nothing_is_dropped(ends: tuple[str, str]) -> None:
    """Data, other protocols, later fragments, other versions, and what is cut off within the headers."""
    source, target = map(ip_address, ends)
    data = frame(SYN, source, target)
    protocol, begun = (23, 47) if target.version == 4 else (20, 67)
    others = [
        frame(ACK, source, target),
        data[:protocol] + b"\x11" + data[protocol + 1 :],
        data[:12] + b"\x08\x06" + data[14:],
        data[:14] + b"\x56" + data[15:],
        data[:begun],
        data[:14],
    ]
    if target.version == 4:
        others += [data[:20] + b"\x00\x01" + data[22:], data[:14] + b"\x46" + data[15:]]
    for other in others:
        assert isinstance(decode(other), Drop), other.hex()


@given(st.binary(max_size=120), st.sampled_from([b"\x08\x00\x45", b"\x86\xdd\x60"]))
def test_nothing_that_arrives_stops_it(data: bytes, head: bytes) -> None:
    """A value or a Drop, whatever it is given."""
    for each in (data, bytes(12) + head + data):
        assert isinstance(decode(each), (Edge, Drop))
