"""Heartbeats: what a speaker tells the others of one segment, authenticated.

A heartbeat says who sends it and that he is alive, what he may do, whom he hears (so that each learns whether he is
heard himself: a cable may carry one way only), and what changed in what he holds. What is held is numbered: every
change makes a new version, each heartbeat names the version it stands at, and each report names the version that was
understood. So an idle heartbeat costs the same with one address and with ten thousand, a change costs only itself, and
what was lost is told again to whom it is missing. `base` and `top` say which changes are inside: those after version
`base` up to `top`; whoever stands at `base` or later stands at `top` afterwards. Base 0 means "all there is": who
stands before `top` forgets what he knew, and there may be no change inside. Top 0 means that none are told.

Layout, in network order:

    magic 4s · version B · flags B · key ID B · capabilities B · cluster 8s
    epoch Q · sequence I · holds I · base I · top I
    node B + bytes · interface B + bytes · reports B · objections B · changes B
    report:    station 8s · epoch Q · sequence I · holds I
    objection: kind B (0x80: IPv6) · address 4s or 16s · station 8s · term I
    change:    kind B (0x80: IPv6, low bits: Holding) · address 4s or 16s · term I
    tag 16s

The tag is HMAC-SHA256 over all before it, cut to 128 bits (RFC 2104 section 5: half of the hash at least). The key ID
lets a new key be spread before it is used. Whoever was heard with one epoch and sequence is not heard again with the
same or a lower one, so that a recorded frame says nothing new.
A capability that is not known is ignored; what cannot be ignored needs another version.
Source: RFC 2104, RFC 5880 (the receiver's view in each packet).

Pure.
"""

import hmac
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from lbkit.model.views import IPAddress
from lbkit.packet.datagram import MOST_PAYLOAD_BYTES
from lbkit.packet.drop import Drop, DropReason

MAGIC: Final = b"LBHB"
VERSION: Final = 1
TAG_BYTES: Final = 16
STATION_BYTES: Final = 8
CLUSTER_BYTES: Final = 8

_HEAD: Final = struct.Struct("!4sBBBB8sQIIII")
_REPORT: Final = struct.Struct("!8sQII")
_OBJECTION_TAIL: Final = struct.Struct("!8sI")
_TERM: Final = struct.Struct("!I")
_IPV6: Final = 0x80
_LISTENING, _WAITING, _DRAINING, _DEAF, _LEAVING, _SPEAKS_IPV6 = 1, 2, 4, 8, 16, 32
_FLAGS: Final = 63
_MOST: Final = 0xFF
"""Entries of one kind on one page."""


class Phase(IntEnum):
    """How far a speaker is after its start."""

    LISTENING = 0
    WAITING = 1
    READY = 2


class Holding(IntEnum):
    """What a speaker says of one address."""

    RELEASED = 0
    HELD = 1
    OFFERED = 2


@dataclass(frozen=True, slots=True)
class Report:
    """The last that is known of another station, heard from it or about it.

    Args:
        station: its ID, 8 bytes.
        holds: the version up to which is known what it holds.
    """

    station: bytes
    epoch: int
    sequence: int
    holds: int


@dataclass(frozen=True, slots=True)
class Objection:
    """Tells those who cannot hear it that a station holds an address with a better claim."""

    address: IPAddress
    station: bytes
    term: int


@dataclass(frozen=True, slots=True)
class Change:
    """One address as the sender holds it now."""

    address: IPAddress
    holding: Holding
    term: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """One heartbeat.

    Args:
        node: name of the k8s node.
        interface: name of the interface that sends it; node and interface make a station.
        epoch: grows with each start of the sender.
        sequence: grows with each heartbeat of one epoch.
        holds: the version of what the sender holds.
        is_draining: gives all addresses to whoever takes them.
        is_deaf: hears nothing at all on this interface, and so cannot answer anyone.
        is_leaving: the last one; holds nothing any more.
        speaks_ipv6: answers Neighbor Discovery on this interface.
        base: `changes` are those after this version.
        top: and up to this one.
    """

    node: str
    interface: str
    epoch: int
    sequence: int
    phase: Phase = Phase.READY
    holds: int = 0
    is_draining: bool = False
    is_deaf: bool = False
    is_leaving: bool = False
    speaks_ipv6: bool = True
    reports: tuple[Report, ...] = ()
    objections: tuple[Objection, ...] = ()
    base: int = 0
    top: int = 0
    changes: tuple[Change, ...] = ()

    @property
    def station(self) -> bytes:
        """The sender's ID."""
        return station_id(self.node, self.interface)


@dataclass(frozen=True, slots=True)
class Keyring:
    """What a cluster's heartbeats are made and known by.

    Args:
        cluster: 8 bytes that tell clusters on one segment apart; no secret.
        keys: {key ID: secret}; all of them are taken.
        current: ID of the one to send with.
    """

    cluster: bytes
    keys: Mapping[int, bytes] = field(repr=False)
    current: int = 0


@lru_cache(maxsize=4096)
def station_id(node: str, interface: str) -> bytes:
    """Name a station in 8 bytes."""
    return sha256(f"{node}/{interface}".encode()).digest()[:STATION_BYTES]


def paginate(
    beat: Heartbeat, changes: Sequence[tuple[int, Change]] | None, most_bytes: int = MOST_PAYLOAD_BYTES
) -> tuple[Heartbeat, ...]:
    """Spread what is to be said over as many heartbeats as it takes.

    Args:
        beat: with all reports and objections, `base` set, and the sequence of the first page.
        changes: (version, change), versions rising, up to version `beat.holds`; None if none are to be told.
        most_bytes: of one page.

    Returns:
        At least one; sequences follow each other.
    """
    fixed = _HEAD.size + 5 + len(beat.node.encode()) + len(beat.interface.encode()) + TAG_BYTES
    pages: list[Heartbeat] = []
    reports, objections = list(reversed(beat.reports)), list(reversed(beat.objections))
    rest = list(reversed(changes or ()))
    base, is_told = beat.base, changes is None
    while not pages or reports or objections or rest:
        room = most_bytes - fixed
        told: list[Report] = []
        while reports and room >= _REPORT.size and len(told) < _MOST:
            told.append(reports.pop())
            room -= _REPORT.size
        objected: list[Objection] = []
        while objections and len(objected) < _MOST and (size := _size(objections[-1])) <= room:
            objected.append(objections.pop())
            room -= size
        changed: list[Change] = []
        top = 0 if is_told else base
        while rest and len(changed) < _MOST and (size := _size(rest[-1][1])) <= room:
            top, change = rest.pop()
            changed.append(change)
            room -= size
        if not rest and not is_told:
            top, is_told = beat.holds, True
        page_base = base if top > base else 0
        pages.append(
            replace(
                beat,
                sequence=beat.sequence + len(pages),
                reports=tuple(told),
                objections=tuple(objected),
                base=page_base,
                top=top if top > base else 0,
                changes=tuple(changed),
            )
        )
        base = max(base, top)
    return tuple(pages)


def _size(entry: Objection | Change) -> int:
    tail = _OBJECTION_TAIL.size if isinstance(entry, Objection) else _TERM.size
    return 1 + len(entry.address.packed) + tail


def encode(beat: Heartbeat, keyring: Keyring) -> bytes:
    """Write one heartbeat, and sign it."""
    node, interface = beat.node.encode(), beat.interface.encode()
    flags = (
        _LISTENING * (beat.phase is Phase.LISTENING)
        | _WAITING * (beat.phase is Phase.WAITING)
        | _DRAINING * beat.is_draining
        | _DEAF * beat.is_deaf
        | _LEAVING * beat.is_leaving
        | _SPEAKS_IPV6 * beat.speaks_ipv6
    )
    numbers = beat.epoch, beat.sequence, beat.holds, beat.base, beat.top
    parts = [
        _HEAD.pack(MAGIC, VERSION, flags, keyring.current, 0, keyring.cluster, *numbers),
        bytes((len(node),)) + node,
        bytes((len(interface),)) + interface,
        bytes((len(beat.reports), len(beat.objections), len(beat.changes))),
    ]
    parts += [_REPORT.pack(each.station, each.epoch, each.sequence, each.holds) for each in beat.reports]
    parts += [_address(each.address, 0) + _OBJECTION_TAIL.pack(each.station, each.term) for each in beat.objections]
    parts += [_address(each.address, each.holding) + _TERM.pack(each.term) for each in beat.changes]
    body = b"".join(parts)
    return body + tag(body, keyring.keys[keyring.current])


def tag(body: bytes, key: bytes) -> bytes:
    """Sign what comes before the tag."""
    return hmac.digest(key, body, "sha256")[:TAG_BYTES]


def _address(address: IPAddress, kind: int) -> bytes:
    packed = address.packed
    return bytes((kind | _IPV6 if len(packed) == 16 else kind,)) + packed


def decode(data: bytes, keyring: Keyring) -> Heartbeat | Drop:
    """Read one heartbeat of this cluster.

    Nothing but the fixed head is looked at before the tag is known to be right.

    Args:
        data: a datagram's payload.
        keyring: the cluster's.

    Returns:
        The heartbeat, or a Drop that says what is wrong with it; never raises.
    """
    if data[: len(MAGIC)] != MAGIC:
        return Drop(DropReason.NOT_HEARTBEAT)
    if len(data) < _HEAD.size + TAG_BYTES:
        return Drop(DropReason.TRUNCATED)
    _, version, flags, key_id, _, cluster, *numbers = _HEAD.unpack_from(data)
    if version != VERSION:
        return Drop(DropReason.UNSUPPORTED_VERSION)
    if cluster != keyring.cluster:
        return Drop(DropReason.OTHER_CLUSTER)
    key = keyring.keys.get(key_id)
    if key is None:
        return Drop(DropReason.UNKNOWN_KEY)
    body = data[:-TAG_BYTES]
    if not hmac.compare_digest(tag(body, key), data[-TAG_BYTES:]):
        return Drop(DropReason.NOT_AUTHENTIC)
    if flags & ~_FLAGS or (flags & _LISTENING and flags & _WAITING):
        return Drop(DropReason.INVALID)
    try:
        return _body(body, flags, numbers)
    except (ValueError, struct.error, IndexError):
        return Drop(DropReason.INVALID)


def _body(body: bytes, flags: int, numbers: Sequence[int]) -> Heartbeat:
    """Read what follows the fixed head.

    Raises:
        ValueError, struct.error, IndexError: it is not as the layout says.
    """
    node, at = _name(body, _HEAD.size)
    interface, at = _name(body, at)
    report_count, objection_count, change_count = body[at], body[at + 1], body[at + 2]
    at += 3
    reports: list[Report] = []
    for _ in range(report_count):
        reports.append(Report(*_REPORT.unpack_from(body, at)))
        at += _REPORT.size
    objections: list[Objection] = []
    for _ in range(objection_count):
        kind, address, at = _read_address(body, at)
        if kind:
            raise ValueError("an objection has no kind")
        objections.append(Objection(address, *_OBJECTION_TAIL.unpack_from(body, at)))
        at += _OBJECTION_TAIL.size
    changes: list[Change] = []
    for _ in range(change_count):
        kind, address, at = _read_address(body, at)
        changes.append(Change(address, Holding(kind), *_TERM.unpack_from(body, at)))
        at += _TERM.size
    epoch, sequence, holds, base, top = numbers
    is_possible = base < top <= holds and (changes or not base) if top else not base and not changes
    if at != len(body) or not is_possible:
        raise ValueError("contradicts itself")
    return Heartbeat(
        node=node,
        interface=interface,
        epoch=epoch,
        sequence=sequence,
        phase=Phase.LISTENING if flags & _LISTENING else Phase.WAITING if flags & _WAITING else Phase.READY,
        holds=holds,
        is_draining=bool(flags & _DRAINING),
        is_deaf=bool(flags & _DEAF),
        is_leaving=bool(flags & _LEAVING),
        speaks_ipv6=bool(flags & _SPEAKS_IPV6),
        reports=tuple(reports),
        objections=tuple(objections),
        base=base,
        top=top,
        changes=tuple(changes),
    )


def _name(body: bytes, at: int) -> tuple[str, int]:
    end = at + 1 + body[at]
    raw = body[at + 1 : end]
    if not raw or end > len(body):
        raise ValueError("no name")
    return raw.decode(), end


def _read_address(body: bytes, at: int) -> tuple[int, IPAddress, int]:
    kind = body[at]
    if kind & _IPV6:
        return kind & ~_IPV6, IPv6Address(body[at + 1 : at + 17]), at + 17
    return kind, IPv4Address(body[at + 1 : at + 5]), at + 5
