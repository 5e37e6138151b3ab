"""What comes into the speaker's one inbox.

Pure.
"""

from dataclasses import dataclass
from typing import TypeAlias

from lbkit.announcer.desired import Interface
from lbkit.announcer.sessions import Routers
from lbkit.gobgp.events import EngineEvent
from lbkit.kube.watch import WatchEvent
from lbkit.model.segment_key import SegmentKeys
from lbkit.speaker.orders import Report


@dataclass(frozen=True, slots=True)
class InterfacesChanged:
    """The interfaces that may announce, all of them."""

    interfaces: tuple[Interface, ...]


@dataclass(frozen=True, slots=True)
class RoutersSeen:
    """Who answers on the interfaces that peers are named by, all of them."""

    routers: Routers


@dataclass(frozen=True, slots=True)
class PasswordKnown:
    """What a Secret says now; empty if it does not exist or holds no usable password."""

    secret: str
    password: str

    def __repr__(self) -> str:
        return f"PasswordKnown({self.secret!r})"


@dataclass(frozen=True, slots=True)
class SegmentKeysKnown:
    """What heartbeats are made and known by."""

    keys: SegmentKeys


@dataclass(frozen=True, slots=True)
class ApiHeard:
    """Whether what is known of the API is current."""

    is_current: bool


@dataclass(frozen=True, slots=True)
class WireDown:
    """The process on the wire has ended."""

    reason: str


InboxEvent: TypeAlias = (
    WatchEvent
    | InterfacesChanged
    | RoutersSeen
    | PasswordKnown
    | SegmentKeysKnown
    | ApiHeard
    | Report
    | WireDown
    | EngineEvent
)
