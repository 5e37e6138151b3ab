"""What the speaker and its process on the wire tell each other, over two pipes.

Both tell states, not steps: whatever was lost with a process that died is told again. Orders come whole, and few;
a report has what changed since the last one. Each message is a length (4 bytes, network order) and MessagePack.

Pure.
"""

import struct
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Final, TypeVar

import msgspec

from lbkit.announcer.desired import Interface
from lbkit.announcer.election.events import Candidates
from lbkit.model.views import Family, IPAddress
from lbkit.packet.heartbeat import Keyring

_LENGTH: Final = struct.Struct("!I")
T = TypeVar("T", bound="Orders | Report")


class Place(msgspec.Struct, frozen=True, array_like=True):
    """An interface that may announce; addresses are packed."""

    name: str
    index: int
    mac: bytes
    families: tuple[Family, ...]
    addresses: tuple[bytes, ...]


class Rule(msgspec.Struct, frozen=True, array_like=True):
    """Candidates; interfaces None for all."""

    nodes: dict[str, tuple[str, ...] | None]
    weights: dict[str, int]
    reluctant: tuple[str, ...]


class Keys(msgspec.Struct, frozen=True, array_like=True):
    """A keyring."""

    cluster: bytes
    keys: dict[int, bytes]
    current: int


class Orders(msgspec.Struct, frozen=True):
    """All that the process on the wire is to do.

    Args:
        node: name of this k8s node.
        interfaces: those that are there and could announce.
        stations: names of those on which something may be announced.
        keys: None while no key is known; nothing is sent without.
        rules: each once.
        addresses: {packed address: which of `rules` is for it}.
        is_informed: whether what is known of the API is current.
        rebalances: how often a rebalance was asked for.
        is_leaving: say the last word, and end.
    """

    node: str
    interfaces: tuple[Place, ...] = ()
    stations: tuple[str, ...] = ()
    keys: Keys | None = None
    rules: tuple[Rule, ...] = ()
    addresses: dict[bytes, int] = {}
    is_informed: bool = True
    is_draining: bool = False
    rebalances: int = 0
    is_leaving: bool = False


class Held(msgspec.Struct, frozen=True, array_like=True):
    """How this node holds an address on one interface.

    Args:
        address: packed.
        term: 0 if it answers for it no longer.
        why: it does not any longer; empty while it does.
    """

    interface: str
    address: bytes
    term: int
    why: str = ""


class Met(msgspec.Struct, frozen=True, array_like=True):
    """A host outside the cluster has an address of ours.

    Args:
        address: packed.
        is_held: it is answered for here, too; else it is left to that host.
    """

    interface: str
    address: bytes
    mac: bytes
    is_held: bool


class Other(msgspec.Struct, frozen=True, array_like=True):
    """Another station as one of ours sees it.

    Args:
        interface: ours.
        node: its node, and
        station: its interface there.
        lost: heartbeats that are missing between those heard.
        known_after_s: how long after one of ours was sent it was known to be heard, for the last one; up to a period
            longer than the round trip. Negative while none is.
    """

    interface: str
    node: str
    station: str
    is_alive: bool
    heard: int
    lost: int
    known_after_s: float


class Tally(msgspec.Struct, frozen=True):
    """What was counted since the last tally: {packed address, or reason, or interface: how often}."""

    requests: dict[bytes, int] = {}
    responses: dict[bytes, int] = {}
    gratuitous: dict[bytes, int] = {}
    drops: dict[str, int] = {}
    conflicts: dict[bytes, int] = {}
    heartbeats: dict[str, int] = {}
    unsent: int = 0


class Report(msgspec.Struct, frozen=True):
    """What happened on the wire; what is None has not changed.

    Args:
        phases: {interface that has a station: how far it is after its start}.
        is_handed_over: nothing is held that another could take over.
        complaints: what cannot be done, in words.
    """

    phases: dict[str, int] | None = None
    held: tuple[Held, ...] = ()
    met: tuple[Met, ...] = ()
    others: tuple[Other, ...] | None = None
    tally: Tally | None = None
    is_handed_over: bool = False
    complaints: tuple[str, ...] = ()


def pack(message: Orders | Report) -> bytes:
    """Write one message."""
    body = msgspec.msgpack.encode(message)
    return _LENGTH.pack(len(body)) + body


class Unpacker:
    """Cuts what comes out of a pipe into messages."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes, kind: type[T]) -> list[T]:
        """Take what was read; give the messages that are whole now."""
        self._rest += data
        found: list[T] = []
        while len(self._rest) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._rest)[0]
            if len(self._rest) < end:
                break
            found.append(msgspec.msgpack.decode(bytes(self._rest[_LENGTH.size : end]), type=kind))
            del self._rest[:end]
        return found


def place_of(interface: Interface) -> Place:
    """Write an interface."""
    addresses = tuple(address.packed for address in interface.addresses)
    return Place(interface.name, interface.index, interface.mac, tuple(sorted(interface.families)), addresses)


def interface_of(place: Place) -> Interface:
    """Read an interface."""
    addresses = tuple(ip_address(packed) for packed in place.addresses)
    return Interface(place.name, place.index, place.mac, frozenset(place.families), addresses)


def rules_of(candidates: Mapping[IPAddress, Candidates]) -> tuple[tuple[Rule, ...], dict[bytes, int]]:
    """Write candidates: each that differs once, and which address has which."""
    numbers: dict[int, int] = {}
    rules: list[Rule] = []
    addresses: dict[bytes, int] = {}
    for address, each in candidates.items():
        number = numbers.get(id(each))
        if number is None:
            number = numbers[id(each)] = len(rules)
            nodes = {name: None if names is None else tuple(sorted(names)) for name, names in each.nodes.items()}
            rules.append(Rule(nodes, dict(each.weights), tuple(sorted(each.reluctant))))
        addresses[address.packed] = number
    return tuple(rules), addresses


def candidates_of(rules: Iterable[Rule], addresses: Mapping[bytes, int]) -> dict[IPAddress, Candidates]:
    """Read candidates; those that are one rule are one value."""
    made = [
        Candidates(
            {name: None if names is None else frozenset(names) for name, names in rule.nodes.items()},
            rule.weights,
            frozenset(rule.reluctant),
        )
        for rule in rules
    ]
    return {ip_address(packed): made[number] for packed, number in addresses.items()}


def keyring_of(keys: Keys) -> Keyring:
    """Read a keyring."""
    return Keyring(keys.cluster, keys.keys, keys.current)
