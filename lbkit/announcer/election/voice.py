"""When a station speaks, and what it tells of its ledger.

Pure.
"""

from dataclasses import replace
from hashlib import sha256
from math import inf
from typing import Final

from lbkit.announcer.election.ledger import Ledger
from lbkit.announcer.election.peers import Survey
from lbkit.announcer.election.timing import Timing
from lbkit.packet.heartbeat import Change, Heartbeat, paginate

MOST_PAGES: Final = 32
"""Sent at once; what is left follows when these were understood."""
REMEMBERED: Final = 256
"""Heartbeats of which it is known when they were sent."""


class Voice:
    """The heartbeats of one station.

    Args:
        station: its ID.
        epoch: of this start.
    """

    def __init__(self, station: bytes, epoch: int, ledger: Ledger, timing: Timing) -> None:
        self.epoch = epoch
        self.sequence = 0
        self._station = station
        self._ledger = ledger
        self._timing = timing
        self._sent: dict[int, float] = {}
        self._last_s = -inf
        self._next_s = -inf
        self._hold_s = -inf
        self._told = 0
        self._told_s = -inf

    def restart(self, now_s: float) -> None:
        """Speak at once, whenever it spoke last."""
        self._last_s, self._next_s, self._hold_s = -inf, now_s, -inf

    def sent_s(self, sequence: int) -> float:
        """Say when a heartbeat was sent; -inf if that is too long ago."""
        return self._sent.get(sequence, -inf)

    def hurry(self, now_s: float) -> None:
        """Speak as soon as it may be after the last time."""
        self._ask(max(now_s, self._last_s + self._timing.gap_s))

    def interrupt(self, now_s: float) -> None:
        """Speak now."""
        self._ask(now_s)

    def insist(self, now_s: float) -> None:
        """Speak more often than usual, as somebody does not hear."""
        self._ask(max(now_s, self._last_s + self._timing.retry_s))

    def repeat(self, now_s: float) -> None:
        """Speak when the ledger was last told of long enough ago."""
        self._ask(max(now_s, self._told_s + self._timing.retry_s))

    def hold(self, until_s: float) -> None:
        """Do not speak before."""
        self._hold_s = until_s

    def _ask(self, when_s: float) -> None:
        self._next_s = min(self._next_s, when_s)

    @property
    def has_news(self) -> bool:
        """Whether the ledger changed since it was told of."""
        return self._ledger.version != self._told

    @property
    def last_s(self) -> float:
        """When it spoke last; -inf if it did not."""
        return self._last_s

    @property
    def next_s(self) -> float:
        """When to speak next."""
        return max(self._next_s, self._hold_s)

    def speak(self, beat: Heartbeat, survey: Survey, now_s: float) -> tuple[Heartbeat, ...]:
        """Make the heartbeats to be sent now.

        Args:
            beat: what is to be said beside the ledger.
            survey: of the others.
            now_s: the time.
        """
        timing = self._timing
        base, changes = self._untold(survey, now_s)
        beat = replace(beat, epoch=self.epoch, sequence=self.sequence + 1, holds=self._ledger.version, base=base)
        pages = paginate(beat, changes)[:MOST_PAGES]
        self.sequence = pages[-1].sequence
        self._sent.update((page.sequence, now_s) for page in pages)
        while len(self._sent) > REMEMBERED:
            del self._sent[next(iter(self._sent))]
        if changes is not None:
            self._told, self._told_s = self._ledger.version, now_s
        self._last_s = now_s
        self._next_s = now_s + timing.beat_s * (1 - timing.beat_spread * self._spread())
        return pages

    def _untold(self, survey: Survey, now_s: float) -> tuple[int, list[tuple[int, Change]] | None]:
        """Choose what to tell of the ledger: what is new, what somebody lacks, and all to those who cannot say so."""
        timing, lacking = self._timing, survey.lacking
        if self.has_news:
            return self._ledger.since(self._told if lacking is None else min(lacking, self._told))
        if lacking is not None and now_s >= self._told_s + timing.retry_s:
            return self._ledger.since(lacking)
        if self._ledger.version and now_s >= self._told_s + timing.gone_s and (survey.has_lost or not survey.is_heard):
            return self._ledger.since(0)
        return 0, None

    def _spread(self) -> float:
        """Give a number from 0 to 1 that differs from station to station and from beat to beat."""
        return sha256(self._station + self.sequence.to_bytes(8)).digest()[0] / 255
