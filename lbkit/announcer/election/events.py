"""What comes into a segment's state machine, and what it asks for.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from lbkit.model.views import IPAddress
from lbkit.packet.heartbeat import Heartbeat


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who may announce an address, as the API says; addresses with the same answer share one value.

    Args:
        nodes: {k8s node: names of the interfaces it may use; None for all}.
        weights: {k8s node: sum of the preferences it meets}; more is better, absent is 0.
        reluctant: names of nodes that give way to any other that is alive on the segment, as they are not Ready.
    """

    nodes: Mapping[str, frozenset[str] | None]
    weights: Mapping[str, int] = field(default_factory=dict)
    reluctant: frozenset[str] = frozenset()

    def allows(self, node: str, interface: str) -> bool:
        """Whether this interface of this node may announce."""
        if node not in self.nodes:
            return False
        interfaces = self.nodes[node]
        return interfaces is None or interface in interfaces


@dataclass(frozen=True, slots=True)
class Heard:
    """A heartbeat of this cluster, with the Ethernet address it came from."""

    beat: Heartbeat
    mac: bytes = b""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Any other frame from another host: the interface hears."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed; due at `Segment.wake_s`."""


@dataclass(frozen=True, slots=True)
class CandidatesChanged:
    """All addresses there are, with their candidates."""

    by_address: Mapping[IPAddress, Candidates]


@dataclass(frozen=True, slots=True)
class Informed:
    """Whether what is known of the API is current; who knows it is not, believes owners more than itself."""

    is_current: bool


@dataclass(frozen=True, slots=True)
class CarrierChanged:
    """The interface can, or cannot, send and hear."""

    is_up: bool


@dataclass(frozen=True, slots=True)
class FamiliesChanged:
    """The interface answers Neighbor Discovery from now on, or no longer."""

    speaks_ipv6: bool


@dataclass(frozen=True, slots=True)
class Drain:
    """Give all addresses to others, or take part again."""

    is_on: bool = True


@dataclass(frozen=True, slots=True)
class Rebalance:
    """Offer each address to the candidate that ranks best."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The process is about to end."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Some host says by ARP or NDP that an address is its own."""

    address: IPAddress
    mac: bytes


@dataclass(frozen=True, slots=True)
class Stream:
    """A TCP connection to an address that is held here begins, or ends; told of after `Drain` and `Rebalance`.

    Args:
        address: of the Service.
        flow: its other end, in any spelling.
        is_open: it begins.
    """

    address: IPAddress
    flow: bytes
    is_open: bool


Event: TypeAlias = (
    Heard
    | Traffic
    | Tick
    | CandidatesChanged
    | Informed
    | CarrierChanged
    | FamiliesChanged
    | Drain
    | Rebalance
    | Leave
    | Claimed
    | Stream
)


class Why(StrEnum):
    """Why an address is answered for no longer (CamelCase, as lbkit's other reasons)."""

    YIELDED = "Yielded"
    HANDED_OVER = "HandedOver"
    NOT_ELIGIBLE = "NotEligible"
    NO_CARRIER = "NoCarrier"
    SUPERSEDED = "Superseded"
    LEAVING = "Leaving"


@dataclass(frozen=True, slots=True)
class Send:
    """Send this heartbeat now."""

    beat: Heartbeat


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer for an address from now on, whenever `Segment.may_answer` allows, and tell the segment."""

    address: IPAddress
    term: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Answer for an address no longer.

    Args:
        heir: hardware address of the station that it is given to, and that the segment is to be told of at this very
            moment, as connections come and go; empty if it is not given, or nobody connects.
    """

    address: IPAddress
    why: Why
    heir: bytes = b""


@dataclass(frozen=True, slots=True)
class Probe:
    """Ask the segment who has an address, without claiming it."""

    address: IPAddress


@dataclass(frozen=True, slots=True)
class Conflict:
    """A host outside the cluster has an address; defended where it is held, else left to it."""

    address: IPAddress
    mac: bytes
    is_held: bool


@dataclass(frozen=True, slots=True)
class TellAgain:
    """A station that hears nothing has told the segment of an address that is answered for here (rule 8)."""

    address: IPAddress


Output: TypeAlias = Send | Answer | Silence | Probe | Conflict | TellAgain
