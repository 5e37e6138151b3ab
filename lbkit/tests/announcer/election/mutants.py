"""Broken variants of the protocol, each of which a simulation must catch: a test of the test.

Pure.
"""

from collections.abc import Sequence
from typing import Any, Final

from lbkit.announcer.election.claims import Claims
from lbkit.announcer.election.events import Candidates
from lbkit.announcer.election.mine import Mine
from lbkit.announcer.election.pauses import Pauses
from lbkit.announcer.election.peers import Peer, Peers
from lbkit.announcer.election.rivals import Rival
from lbkit.announcer.election.segment import Segment
from lbkit.model.views import IPAddress
from lbkit.packet.heartbeat import Heartbeat
from lbkit.tests.announcer.election.world import SegmentMaker


class NoFence(Segment):
    """Answers for what it holds, whether it was heard or not."""

    def may_answer(self, address: IPAddress, now_s: float) -> bool:  # noqa: D102
        mine = self.mine.get(address)
        return mine is not None and mine.is_answering


class NoLease(Segment):
    """Answers while its own heartbeats leave, whether others hear them or not (rule 6 without its first half)."""

    def may_answer(self, address: IPAddress, now_s: float) -> bool:  # noqa: D102
        mine = self.mine.get(address)
        return mine is not None and mine.is_answering and now_s <= self.wake_s


class NoExcuse(Segment):
    """Takes its own delay for silence of others (no rule 7)."""

    def _was_away(self, late_s: float, now_s: float) -> None:
        self.wake_s = now_s


class _NoTermClaims(Claims):
    """No rule 5: a claim says nothing of its age, and nobody gives way."""

    def _next_term(self, known: int) -> int:
        return 1

    def _beats(self, rival: Rival, address: IPAddress, mine: Mine) -> bool:
        return False


class _NotStickyClaims(Claims):
    """No rule 4: whoever ranks best takes an address back."""

    def _open_since(
        self, address: IPAddress, rival: Rival | None, candidates: Candidates, now_s: float
    ) -> float | None:
        is_best = not self._turns.better(address, candidates, None)
        return now_s if is_best else super()._open_since(address, rival, candidates, now_s)


class _NoWordClaims(Claims):
    """Answers as soon as it has claimed."""

    def _has_word(self, mine: Mine, now_s: float) -> bool:
        return True


class _HastyClaims(Claims):
    """Answers before a living owner has stopped (no rule 9)."""

    def _advance(self, address: IPAddress, mine: Mine, rival: Rival | None, now_s: float) -> None:
        super()._advance(address, mine, None, now_s)


class _StubbornPauses(Pauses):
    """Waits for the end of connections whether the claimant waits or not (half of rule 9), and as long as it does."""

    def wait_s(
        self, address: IPAddress, mine: Mine, rival: Rival, rivals: Sequence[Rival], now_s: float
    ) -> float | None:
        until_s = self._until_s.setdefault(address, now_s + self._timing.yield_s)
        return until_s if self.is_draining and now_s < until_s else None


class _TrustingPeers(Peers):
    """Believes to be heard by whoever is heard (no reports of one's own)."""

    def heard(self, beat: Heartbeat, mac: bytes, epoch: int, now_s: float) -> tuple[Peer, bool] | None:
        found = super().heard(beat, mac, epoch, now_s)
        if found is not None:
            found[0].acked_s, found[0].is_met = now_s, True
        return found


def _with(
    claims: type[Claims] | None = None, peers: type[Peers] | None = None, pauses: type[Pauses] | None = None
) -> SegmentMaker:
    def make(*args: Any, **kwargs: Any) -> Segment:
        segment = Segment(*args, **kwargs)
        if peers is not None:
            segment._peers.__class__ = peers
        if pauses is not None:
            segment._claims.pauses.__class__ = pauses
        if claims is not None:
            segment._claims.__class__ = claims
        return segment

    return make


MUTANTS: Final[dict[str, SegmentMaker]] = {
    "no-fence": NoFence,
    "no-lease": NoLease,
    "no-excuse": NoExcuse,
    "no-term": _with(_NoTermClaims),
    "not-sticky": _with(_NotStickyClaims),
    "no-word": _with(_NoWordClaims),
    "hasty": _with(_HastyClaims),
    "trusting": _with(peers=_TrustingPeers),
    "stubborn": _with(pauses=_StubbornPauses),
}
