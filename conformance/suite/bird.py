"""What a BIRD says of its sessions and routes, read from the text of its command line; it has no other form.

Source: BIRD 2 user's guide, `show protocols all` and `show route all`.

Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from conformance.suite.facts import IPAddress, IPNetwork

_FIELD: Final = re.compile(r"^\s+([A-Z][\w .-]*?):\s+(\S.*?)\s*$")
_ROUTE: Final = re.compile(r"^(?P<prefix>\S*)\s+\w+ \[(?P<protocol>\S+) \S+(?: from (?P<peer>[\da-fA-F.:]+))?\]")


@dataclass(frozen=True, slots=True)
class BirdSession:
    """One BGP session.

    Args:
        protocol: BIRD's name of it; what one protocol spawned for a caller has that one's name and a number.
        state: RFC 4271 name.
        neighbor: the other end's address.
        neighbor_asn: the other end's AS number.
        local_asn: its own.
    """

    protocol: str
    state: str
    neighbor: IPAddress
    neighbor_asn: int
    local_asn: int


@dataclass(frozen=True, slots=True)
class BirdPath:
    """One path of a table.

    Args:
        prefix: the destination.
        protocol: the session it came by, by its name.
        peer: the other end's address.
        next_hop: its NEXT_HOP.
        as_path: its AS numbers; none of an internal one.
        local_pref: its LOCAL_PREF.
    """

    prefix: IPNetwork
    protocol: str
    peer: IPAddress
    next_hop: IPAddress
    as_path: tuple[int, ...]
    local_pref: int


def sessions(text: str) -> tuple[BirdSession, ...]:
    """Read `show protocols all`.

    Args:
        text: as birdc prints it.

    Returns:
        The BGP sessions that have another end, in BIRD's order; those that wait for a caller have none.
    """
    found: list[BirdSession] = []
    for block in text.split("\n\n"):
        head, fields = block.strip("\n").partition("\n")[0].split(), _fields(block.splitlines()[1:])
        if "BGP" in head[1:2] and "Neighbor address" in fields:
            neighbor = ip_address(fields["Neighbor address"].partition("%")[0])
            asns = int(fields["Neighbor AS"]), int(fields["Local AS"])
            found.append(BirdSession(head[0], fields["BGP state"], neighbor, *asns))
    return tuple(found)


def paths(text: str) -> tuple[BirdPath, ...]:
    """Read `show route all`.

    Args:
        text: as birdc prints it, of any number of tables.

    Returns:
        The paths that came by BGP, in BIRD's order.
    """
    return tuple(_paths(text.splitlines()))


def _paths(lines: list[str]) -> Iterator[BirdPath]:
    heads = [(number, match) for number, line in enumerate(lines) if (match := _ROUTE.match(line))]
    ends = [number for number, _ in heads[1:]] + [len(lines)]
    prefix = ""
    for (number, head), end in zip(heads, ends, strict=True):
        prefix = head["prefix"] or prefix
        fields = _fields(lines[number + 1 : end])
        if head["peer"] and "BGP.next_hop" in fields:
            yield BirdPath(
                prefix=ip_network(prefix),
                protocol=head["protocol"],
                peer=ip_address(head["peer"]),
                next_hop=ip_address(fields["BGP.next_hop"].split()[0]),
                as_path=tuple(int(asn) for asn in fields.get("BGP.as_path", "").split()),
                local_pref=int(fields.get("BGP.local_pref", "0")),
            )


def _fields(lines: list[str]) -> dict[str, str]:
    """Read indented `Name: value` lines; the first of a name counts, as the channels' come after the protocol's."""
    found: dict[str, str] = {}
    for line in lines:
        if match := _FIELD.match(line):
            found.setdefault(match[1], match[2])
    return found
