"""What the driver of the engine says to the loop.

A file of its own, so that the loop can speak of them without loading gRPC.

Pure.
"""

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
        words: why it went down, in the engine's words; empty where it is not known.
    """

    peer: str
    is_established: bool
    peer_asn: int = 0
    words: str = ""


EngineEvent: TypeAlias = EngineUp | EngineDown | Applied | SessionChanged
