"""What comes into the speaker's one inbox.

Pure.
"""

from dataclasses import dataclass
from typing import TypeAlias

from lbkit.announcer.desired import Interface
from lbkit.announcer.sessions import Routers
from lbkit.gobgp.events import EngineEvent
from lbkit.kube.watch import WatchEvent


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


InboxEvent: TypeAlias = WatchEvent | InterfacesChanged | RoutersSeen | PasswordKnown | EngineEvent
