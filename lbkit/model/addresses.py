"""Addresses, prefixes and ranges as users write them, read strictly.

An address that two programs read differently is a hole: `010.0.0.1` is 8.0.0.1 to some and 10.0.0.1 to others, and
`::ffff:10.0.0.1` is IPv6 on paper and IPv4 in the kernel. Both are refused.
Sources: KEP-4858 (strict IP and CIDR validation); MetalLB IPAddressPool `spec.addresses` (CIDR or `first-last`,
CIDR host bits are masked off, a bare address is refused).

Pure.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from lbkit.errors import InputError, Problem
from lbkit.model.views import Family, IPAddress, IPNetwork, Range

FAMILIES: Final[tuple[Family, ...]] = (4, 6)


def from_int(value: int, family: Family) -> IPAddress:
    """Give the address of a family that `int` turns into `value`."""
    return IPv4Address(value) if family == 4 else IPv6Address(value)


def family(address: IPAddress) -> Family:
    """4 or 6."""
    return 4 if isinstance(address, IPv4Address) else 6


def address(text: str) -> IPAddress:
    """Read one IP address.

    Raises:
        InputError: no address, leading zeros, an IPv4-mapped or a scoped IPv6 address.
    """
    try:
        value = ip_address(text.strip())
    except ValueError:
        raise InputError(Problem("", f'"{text}" is not an IP address')) from None
    if isinstance(value, IPv6Address):
        if value.ipv4_mapped is not None:
            raise InputError(Problem("", f'"{text}" is an IPv4-mapped address; write {value.ipv4_mapped}'))
        if value.scope_id is not None:
            raise InputError(Problem("", f'"{text}" has a scope ("%{value.scope_id}"); write it without'))
    return value


def ipv4_address(text: str) -> IPv4Address:
    """Read one IPv4 address (a BGP router ID, RFC 4271 section 4.2).

    Raises:
        InputError: anything else.
    """
    value = address(text)
    if not isinstance(value, IPv4Address):
        raise InputError(Problem("", f'"{text}" is not an IPv4 address'))
    return value


def network(text: str) -> IPNetwork:
    """Read one prefix in CIDR notation; host bits are masked off.

    Raises:
        InputError: no prefix length, no number as its length, or an address that `address` refuses.
    """
    base, slash, length = text.strip().partition("/")
    if not slash:
        raise InputError(Problem("", f'"{text}" has no prefix length; write {base}/32 or the like'))
    first = address(base)
    # `ip_network` would also take a netmask (10.0.0.0/255.0.0.0), which Kubernetes does not.
    if not (length.isascii() and length.isdigit()) or (len(length) > 1 and length[0] == "0"):
        raise InputError(Problem("", f'"{text}": prefix length "{length}" is not a number'))
    try:
        return ip_network((first, int(length)), strict=False)
    except ValueError:
        longest = first.max_prefixlen
        raise InputError(Problem("", f'"{text}": got prefix length {length}, wanted 0 to {longest}')) from None


def address_range(text: str) -> Range:
    """Read an entry of `spec.addresses`: a prefix, or `first-last` with or without spaces around the dash.

    Raises:
        InputError: a bare address, first after last, or two families in one range.
    """
    first_text, dash, last_text = text.partition("-")
    if dash:
        return _from_first_to_last(text, address(first_text), address(last_text))
    bare = text.strip()
    if "/" not in bare:
        single = address(bare)
        raise InputError(Problem("", f'"{bare}" is a bare address; write {single}/{single.max_prefixlen}'))
    prefix = network(bare)
    return Range(prefix.network_address, prefix.broadcast_address)


def _from_first_to_last(text: str, first: IPAddress, last: IPAddress) -> Range:
    if family(first) != family(last):
        raise InputError(Problem("", f'"{text}" mixes IPv4 and IPv6; write two ranges'))
    if int(first) > int(last):
        raise InputError(Problem("", f'"{text}" starts after its end; write {last}-{first}'))
    return Range(first, last)


def widest_prefix_length(piece: Range) -> int:
    """Find the length of the largest CIDR block inside `piece` (32 or 128 for a single address)."""
    first, last, bits = int(piece.first), int(piece.last), piece.first.max_prefixlen
    for length in range(bits + 1):
        size = 1 << (bits - length)
        aligned = -(-first // size) * size
        if aligned + size - 1 <= last:
            return length
    return bits


def span(value: IPNetwork) -> Range:
    """Turn a prefix into the range of all its addresses, network and broadcast address included."""
    return Range(value.network_address, value.broadcast_address)
