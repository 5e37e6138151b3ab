"""What the metrics of one speaker tell: what it announces, and which of its BGP sessions are up.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lbkit.model.views import Key, Peer


@dataclass(frozen=True, slots=True)
class Owned:
    """A layer-2 address that a speaker answers for on one interface; `since_s` is Unix time."""

    interface: str
    term: int
    since_s: float


@dataclass(frozen=True, slots=True)
class SpeakerReport:
    """What the metrics of one speaker tell.

    Args:
        announced: (Service, protocol) pairs.
        sessions: {"address:port" of the peer: whether the session is up}.
        owned: {address: where and since when it answers for it}.
        is_engine_up: whether its BGP engine answers; None where it has none, or does not tell.
    """

    announced: frozenset[tuple[Key, str]] = frozenset()
    sessions: Mapping[str, bool] = field(default_factory=dict)
    is_engine_up: bool | None = None
    owned: Mapping[str, tuple[Owned, ...]] = field(default_factory=dict)

    def is_up(self, peer: Peer) -> bool | None:
        """Whether the session with a peer is up; None where it is not told."""
        host = f"[{peer.address}]" if peer.address is not None and peer.address.version == 6 else str(peer.address)
        return self.sessions.get(f"{host}:{peer.port}")
