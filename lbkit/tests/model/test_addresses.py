"""Rules for addresses, prefixes and ranges as users write them.

Pure.
"""

from ipaddress import ip_address, ip_network, summarize_address_range

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.errors import InputError
from lbkit.model.addresses import address, address_range, ipv4_address, network, widest_prefix_length
from lbkit.model.views import Range


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("10.0.0.0/24", "10.0.0.0-10.0.0.255", id="prefix"),
        pytest.param("10.0.0.77/24", "10.0.0.0-10.0.0.255", id="host bits are masked off"),
        pytest.param("10.0.0.1/32", "10.0.0.1-10.0.0.1", id="one address"),
        pytest.param("10.0.0.10-10.0.0.20", "10.0.0.10-10.0.0.20", id="range"),
        pytest.param(" 10.0.0.10 -  10.0.0.20 ", "10.0.0.10-10.0.0.20", id="range with spaces"),
        pytest.param("2001:db8::/126", "2001:db8::-2001:db8::3", id="IPv6 prefix"),
        pytest.param("2001:db8::1-2001:db8::9", "2001:db8::1-2001:db8::9", id="IPv6 range"),
    ],
)
def test_an_entry_is_a_prefix_or_a_range(text: str, expected: str) -> None:
    """A pool entry is a prefix, host bits masked, or first-last with any spaces."""
    assert str(address_range(text)) == expected


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param("10.0.0.1", "write 10.0.0.1/32", id="bare IPv4"),
        pytest.param("2001:db8::1", "write 2001:db8::1/128", id="bare IPv6"),
        pytest.param("10.0.0.9-10.0.0.1", "starts after its end", id="inverted"),
        pytest.param("10.0.0.1-2001:db8::1", "mixes IPv4 and IPv6", id="two families"),
        pytest.param("010.0.0.1/32", "is not an IP address", id="leading zero"),
        pytest.param("10.0.0.1-010.0.0.2", "is not an IP address", id="leading zero in a range"),
        pytest.param("::ffff:10.0.0.1/128", "IPv4-mapped", id="IPv4-mapped"),
        pytest.param("fe80::1%eth0/64", "scope", id="scoped"),
        pytest.param("10.0.0.0/33", "wanted 0 to 32", id="length too long"),
        pytest.param("10.0.0.0/255.255.255.0", "is not a number", id="netmask"),
        pytest.param("10.0.0.0/", "is not a number", id="no length"),
        pytest.param("10.0.0.0/024", "is not a number", id="length with leading zero"),
        pytest.param("10.0.0.0/٣", "is not a number", id="foreign digit"),
        pytest.param("", "is not an IP address", id="empty"),
        pytest.param("-", "is not an IP address", id="dash only"),
        pytest.param("10.0.0.1-10.0.0.2-10.0.0.3", "is not an IP address", id="three addresses"),
    ],
)
def test_anything_else_is_refused_with_its_cure(text: str, part: str) -> None:
    """What two programs could read differently is no pool entry."""
    with pytest.raises(InputError, match=part):
        address_range(text)


def test_a_router_id_is_ipv4() -> None:
    """RFC 4271: the BGP Identifier is an IPv4 address."""
    assert ipv4_address("192.0.2.1") == ip_address("192.0.2.1")
    with pytest.raises(InputError, match="not an IPv4 address"):
        ipv4_address("2001:db8::1")


def test_a_network_needs_its_length() -> None:
    """A prefix without a length is refused, with one it loses its host bits."""
    assert network("10.1.2.3/8") == ip_network("10.0.0.0/8")
    with pytest.raises(InputError, match="no prefix length"):
        network("10.0.0.0")


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """No input crashes the reader of pool entries."""
    try:
        piece = address_range(text)
    except InputError:
        return
    assert piece.size >= 1


@given(st.text())
def test_an_accepted_address_reads_back_the_same(text: str) -> None:
    """An accepted address means the same to whoever reads it from its canonical form."""
    try:
        value = address(text)
    except InputError:
        return
    assert address(str(value)) == value


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_widest_prefix_is_the_widest_of_the_minimal_set(one: int, two: int) -> None:
    """The widest block is what summarize_address_range would find, without building the set."""
    first, last = ip_address(min(one, two)), ip_address(max(one, two))
    blocks = summarize_address_range(first, last)
    expected = min(block.prefixlen for block in blocks)
    assert expected == widest_prefix_length(Range(first, last))
