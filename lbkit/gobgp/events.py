"""What the driver of the engine says to the loop.

A file of its own, so that the loop can speak of them without loading gRPC.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from lbkit.announcer.desired import Bgp
from lbkit.announcer.diff import BgpAction


@dataclass(frozen=True, slots=True)
class EngineUp:
    """The engine answers, and this is what it holds.

    Args:
        listing: number of the listing; steps made from it carry it.
        established: names of the peers whose session is up.
    """

    listing: int
    holds: Bgp
    established: frozenset[str]


@dataclass(frozen=True, slots=True)
class EngineDown:
    """The engine does not answer; what it holds is unknown until the next EngineUp."""

    reason: str


@dataclass(frozen=True, slots=True)
class Applied:
    """The engine carried out `actions`, and refused others, each with its words."""

    actions: tuple[BgpAction, ...]
    refused: tuple[tuple[BgpAction, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """A session came up or went down.

    Args:
        peer_asn: what the peer says of itself; 0 where the session is down.
        words: why it went down, in the RFCs' words where they have some; empty where it is not known.
    """

    peer: str
    is_established: bool
    peer_asn: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Messages:
    """How many BGP messages of each type went one way (RFC 4271 section 4, RFC 2918)."""

    opens: int = 0
    updates: int = 0
    notifications: int = 0
    keepalives: int = 0
    refreshes: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """One session as the engine sees it.

    Args:
        state: `Idle`, `Connect`, `Active`, `OpenSent`, `OpenConfirm` or `Established` (RFC 4271 section 8.2.2).
        since_s: Unix time at which it came up, or went down; 0 where it never did.
        peer_asn: what the peer says of itself; 0 before it did.
        peer_router_id: empty before it said so.
        hold_time_s: negotiated; 0 while the session is down.
        keepalive_time_s: in use; 0 while the session is down.
        bfd: `Up`, `Down`, `Init`, `AdminDown`, or `N/A` where there is none.
    """

    state: str = "Idle"
    since_s: int = 0
    peer_asn: int = 0
    peer_router_id: str = ""
    hold_time_s: int = 0
    keepalive_time_s: int = 0
    bfd: str = "N/A"
    sent: Messages = Messages()
    received: Messages = Messages()


@dataclass(frozen=True, slots=True)
class SessionsSeen:
    """How all sessions are, now and then: {peer name: look}."""

    looks: Mapping[str, Look]


EngineEvent: TypeAlias = EngineUp | EngineDown | Applied | SessionChanged | SessionsSeen
