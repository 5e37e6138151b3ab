"""The other stations of a segment: who is alive, who hears us, and until when we may answer.

Pure.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Final

from lbkit.announcer.election.events import Candidates
from lbkit.announcer.election.ledger import Replica
from lbkit.announcer.election.timing import Timing
from lbkit.packet.heartbeat import Heartbeat, Phase, Report

MOST: Final = 1024
"""Stations remembered; whoever is gone longest is forgotten first."""


@dataclass(slots=True)
class Peer:
    """One other station.

    Args:
        sequence: the last that was heard from it.
        known_epoch: the last that is known of it, heard or reported.
        known_sequence: the same; an order of both is an order of its heartbeats.
        known_s: when that was learnt.
        heard_s: when it was heard last.
        bound_until_s: until when we need its word to answer.
        announced: the version of what it holds, as it said last.
        reported: the same, as others said last.
        acked_s: when the last of our heartbeats that it knows was sent.
        acked_holds: the version of what we hold that it knows.
        is_met: what it holds is known, up to a time when it had heard from us without a break. Before that, it may have
            taken over what we hold.
        met_s: since when.
        impaired_until_s: how long is remembered that it said to hear nothing, and then heard somebody, but not us.
        unsure_until_s: it may still hear us for the first time after it heard nothing, and take back what it claims.
        was_current: what it holds was believed when it was looked at last.
        has_left: it said its last word.
    """

    station: bytes
    node: str
    interface: str
    mac: bytes
    epoch: int
    sequence: int
    known_epoch: int
    known_sequence: int
    known_s: float
    heard_s: float
    phase: Phase = Phase.LISTENING
    is_draining: bool = False
    is_deaf: bool = False
    is_met: bool = False
    met_s: float = -inf
    is_impaired: bool = False
    impaired_until_s: float = -inf
    unsure_until_s: float = -inf
    is_gone: bool = False
    was_current: bool = True
    has_left: bool = False
    speaks_ipv6: bool = True
    bound_until_s: float = -inf
    announced: int = 0
    reported: int = 0
    acked_s: float = -inf
    acked_holds: int = 0
    replica: Replica = field(default_factory=Replica)

    @property
    def hears_nothing(self) -> bool:
        """Whether it can answer nobody (rule 8)."""
        return self.is_deaf and not self.is_impaired

    @property
    def standing(self) -> tuple[Phase, bool, bool, bool]:
        """All that others' decisions about addresses depend on, beside what it holds."""
        return self.phase, self.is_draining, self.hears_nothing, self.is_gone

    @property
    def has_say(self) -> bool:
        """Whether it may take something over before it was heard again, or did so before we knew.

        One that drains claims nothing more, but may have claimed just before; that is known when all it holds is.
        """
        has_claimed = not self.is_draining or self.replica.version < self.announced
        return self.phase is not Phase.LISTENING and has_claimed and not self.hears_nothing

    @property
    def is_whole(self) -> bool:
        """Whether all is known that it holds, by what it and others said of that."""
        return self.known_epoch == self.epoch and max(self.announced, self.reported) <= self.replica.version

    @property
    def is_suitable(self) -> bool:
        """Whether it may claim something new, now or when it has started."""
        return not self.is_gone and not self.is_draining and not self.hears_nothing


@dataclass(slots=True)
class Survey:
    """What all stations together mean for us, at one time.

    Args:
        gone: those who are gone since the last time.
        turned: those of whom it was known what they hold, and is no more, or the other way.
        lease_s: until when we may answer, as far as others are concerned; inf if there are none.
        agreed: the version of what we hold that all know who may object to it, if only for another; inf if there are
            none.
        lacking: the version after which somebody who hears us lacks our changes; None if nobody does.
        is_heard: there are others, and all hear us.
        is_synced: what everybody holds is known who can be heard, and nothing of it waits in a queue.
        are_stale: a heartbeat of somebody is overdue.
        is_left_alone: nobody is heard who could object, and not all said their last word: one may be, and hear us.
        has_lost: somebody went lately without a last word: he may be, and hear us.
        are_unheard: somebody is alive, as others say, who is not heard, and of whom it is not known what he holds.
        next_s: when silence will next mean something.
    """

    gone: list[Peer] = field(default_factory=list)
    turned: list[Peer] = field(default_factory=list)
    lease_s: float = inf
    agreed: float = inf
    lacking: int | None = None
    is_heard: bool = False
    is_synced: bool = True
    are_stale: bool = False
    is_left_alone: bool = False
    has_lost: bool = False
    are_unheard: bool = False
    next_s: float = inf


class Peers:
    """All other stations of one segment.

    Args:
        me: this station's ID.
        sent_s: gives when an own heartbeat was sent, by its sequence; -inf if that is too long ago.
    """

    def __init__(self, me: bytes, timing: Timing, sent_s: Callable[[int], float]) -> None:
        self._me = me
        self._timing = timing
        self._sent_s = sent_s
        self._peers: dict[bytes, Peer] = {}
        self._reminded: dict[bytes, float] = {}
        self.steady_s = -inf
        """Since when our heartbeats leave in time."""
        self.revived: list[Peer] = []
        """Those who were gone and are not; for the caller to take."""

    @property
    def queued_until_s(self) -> float:
        """Until when what waited while the process did not run may be unheard."""
        return self.steady_s + self._timing.queue_s

    def __iter__(self) -> Iterator[Peer]:
        return iter(self._peers.values())

    def __len__(self) -> int:
        return len(self._peers)

    def get(self, station: bytes) -> Peer | None:
        """Find a station by its ID."""
        return self._peers.get(station)

    def heard(self, beat: Heartbeat, mac: bytes, epoch: int, now_s: float) -> tuple[Peer, bool] | None:
        """Take in a heartbeat of another station, all but the changes in it.

        Args:
            beat: what was heard.
            mac: where it came from.
            epoch: ours.
            now_s: the time.

        Returns:
            The station, and whether it started anew since it was heard last; None if this or a later heartbeat was
            heard before.
        """
        peer = self._peers.get(beat.station)
        if peer is not None and beat.epoch <= peer.epoch:
            if beat.epoch < peer.epoch:
                self._reminded[peer.station] = now_s + self._timing.gone_s
            if beat.epoch < peer.epoch or peer.has_left or beat.sequence <= peer.sequence:
                return None
        is_new = peer is None or beat.epoch != peer.epoch or not peer.node
        if peer is None or is_new:
            peer = Peer(beat.station, beat.node, beat.interface, mac, beat.epoch, 0, beat.epoch, 0, now_s, now_s)
            self._peers[beat.station] = peer
            self._trim()
        peer.mac, peer.sequence, peer.heard_s = mac, beat.sequence, now_s
        if (beat.epoch, beat.sequence) > (peer.known_epoch, peer.known_sequence):
            peer.known_epoch, peer.known_sequence, peer.known_s = beat.epoch, beat.sequence, now_s
        self._revive(peer, now_s)
        if now_s >= peer.acked_s + self._timing.lease_s:
            peer.is_met = False
        peer.phase, peer.is_draining = beat.phase, beat.is_draining
        # That it hears nothing means something only if there was something to hear.
        peer.is_deaf = beat.is_deaf and now_s >= self.steady_s + self._timing.lease_s
        peer.speaks_ipv6, peer.announced = beat.speaks_ipv6, beat.holds
        for report in beat.reports:
            if report.station == self._me:
                if report.epoch == epoch:
                    peer.acked_s = max(peer.acked_s, self._sent_s(report.sequence))
                    peer.acked_holds = max(peer.acked_holds, report.holds)
                continue
            other = self._peers.get(report.station)
            if (
                other is None
                or report.epoch != other.known_epoch
                or report.sequence > other.known_sequence
                or report.holds > other.reported
            ):
                self._learn(report, other, now_s)
        return peer, is_new

    def _learn(self, report: Report, peer: Peer | None, now_s: float) -> None:
        """Take in what another station says of a third, perhaps of one that was never heard."""
        if peer is None:
            peer = Peer(report.station, "", "", b"", report.epoch, 0, 0, 0, -inf, -inf)
            self._peers[report.station] = peer
            self._trim()
        if peer.has_left and report.epoch == peer.epoch:
            return
        if (report.epoch, report.sequence) > (peer.known_epoch, peer.known_sequence):
            if report.epoch > peer.known_epoch:
                peer.reported = 0
            peer.known_epoch, peer.known_sequence, peer.known_s = report.epoch, report.sequence, now_s
            self._revive(peer, now_s)
        if report.epoch == peer.known_epoch:
            peer.reported = max(peer.reported, report.holds)

    def _revive(self, peer: Peer, now_s: float) -> None:
        """Know that a station is alive; what it holds counts again, as we report that we know of it."""
        if peer.is_gone:
            peer.is_gone, peer.is_met = False, False
            if peer.has_say:
                peer.bound_until_s = now_s + self._timing.gone_s
            self.revived.append(peer)

    def bind(self, peer: Peer, now_s: float, *, hears_again: bool) -> None:
        """Say until when a station's word is needed, after all was taken in that it said.

        Args:
            peer: the station.
            now_s: the time.
            hears_again: it said before that it hears nothing, and no longer does.
        """
        timing = self._timing
        does_hear = now_s < peer.acked_s + timing.lease_s
        if does_hear and not peer.is_met and peer.replica.version >= peer.announced:
            peer.is_met, peer.met_s = True, now_s
        if does_hear or now_s >= peer.impaired_until_s:
            peer.is_impaired, peer.unsure_until_s = False, -inf
        if not does_hear and hears_again:
            peer.is_impaired, peer.impaired_until_s = True, now_s + timing.remember_s
            peer.unsure_until_s = now_s + timing.quiet_s
        peer.bound_until_s = now_s + (timing.quiet_s if does_hear else timing.gone_s)
        if not peer.has_say:
            peer.bound_until_s = -inf

    def ask_again(self, now_s: float) -> None:
        """Need the word of all alive: nothing was heard, and they may have taken over what we hold."""
        for peer in self:
            if not peer.is_gone and peer.has_say:
                peer.is_met = False
                peer.bound_until_s = max(peer.bound_until_s, now_s + self._timing.quiet_s)

    def left(self, peer: Peer) -> None:
        """Take a station's word that it was its last."""
        peer.has_left = True
        self._lose(peer)

    def _lose(self, peer: Peer) -> None:
        peer.is_gone, peer.bound_until_s = True, -inf

    def excuse(self, late_s: float, now_s: float) -> None:
        """Do not count a time in which nothing could be heard as silence of others (rule 7)."""
        self.steady_s = now_s
        for peer in self:
            if not peer.is_gone:
                peer.known_s = min(now_s, peer.known_s + late_s)
                peer.heard_s = min(now_s, peer.heard_s + late_s)
                peer.bound_until_s += late_s

    def survey(self, now_s: float, version: int) -> Survey:
        """Look at all stations, and lose those who are gone.

        Args:
            now_s: the time.
            version: of what we hold.
        """
        stale_s, quiet_s, gone_s = self._timing.stale_s, self._timing.quiet_s, self._timing.gone_s
        term_s = self._timing.lease_s
        survey = Survey()
        lease_s = agreed = next_s = inf
        alive = heard = lost = 0
        if now_s < self.queued_until_s:
            survey.is_synced, next_s = False, self.queued_until_s
        for peer in self._peers.values():
            if not peer.is_gone and now_s >= peer.known_s + gone_s:
                self._lose(peer)
                survey.gone.append(peer)
            if peer.is_gone:
                lost += not peer.has_left
                survey.has_lost |= not peer.has_left and now_s < peer.known_s + self._timing.remember_s
                continue
            alive += 1
            silent_s = peer.known_s + stale_s
            if now_s >= silent_s:
                survey.are_stale = True
                silent_s = peer.known_s + gone_s
            next_s = min(next_s, silent_s)
            if now_s < peer.bound_until_s:
                next_s = min(next_s, peer.bound_until_s)
                until_s = peer.acked_s + term_s if peer.is_met else -inf
                lease_s = min(lease_s, until_s)
            if now_s < max(peer.bound_until_s, peer.heard_s + quiet_s):
                agreed = min(agreed, peer.acked_holds)
            if now_s < peer.acked_s + gone_s:
                heard += 1
                if peer.acked_holds < version and (survey.lacking is None or peer.acked_holds < survey.lacking):
                    survey.lacking = peer.acked_holds
            is_current = self.is_current(peer, now_s)
            if is_current != peer.was_current:
                peer.was_current = is_current
                survey.turned.append(peer)
            if now_s >= peer.heard_s + gone_s:
                survey.are_unheard |= not is_current
            elif not peer.is_whole and not peer.hears_nothing:
                survey.is_synced = False
        survey.lease_s, survey.agreed, survey.next_s = lease_s, agreed, next_s
        survey.is_heard = 0 < alive == heard
        survey.is_left_alone = agreed == inf and alive + lost > 0
        return survey

    def has_lease(self, candidates: Candidates, now_s: float) -> bool:
        """Whether every one of these stations that might take over has heard from us (rule 6)."""
        lease_s = self._timing.lease_s
        return all(
            peer.is_met and now_s < peer.acked_s + lease_s
            for peer in self._peers.values()
            if now_s < peer.bound_until_s and candidates.allows(peer.node, peer.interface)
        )

    def is_steady(self, peer: Peer, now_s: float) -> bool:
        """Whether a station has known without a break, for as long as that takes to be gone, that we are alive."""
        is_known = peer.is_met and now_s >= peer.met_s + self._timing.gone_s
        return is_known and now_s < peer.acked_s + self._timing.lease_s

    def is_understood(self, peer: Peer, now_s: float) -> bool:
        """Whether a station is heard, and all is known that it holds."""
        return now_s < peer.heard_s + self._timing.gone_s and peer.is_whole

    def is_current(self, peer: Peer, now_s: float) -> bool:
        """Whether what a station holds is known well enough to be believed, or is told by nobody else."""
        return now_s < peer.heard_s + self._timing.gone_s or peer.is_whole

    def reports(self, now_s: float) -> tuple[Report, ...]:
        """Say what is known of everyone, those not long gone included."""
        return tuple(
            Report(
                peer.station,
                peer.known_epoch,
                peer.known_sequence,
                peer.replica.version if peer.known_epoch == peer.epoch else 0,
            )
            for peer in self._peers.values()
            if now_s < peer.known_s + self._timing.remember_s or now_s < self._reminded.get(peer.station, -inf)
        )

    def _trim(self) -> None:
        """Forget who is gone longest, where there are too many."""
        if len(self._peers) <= MOST:
            return
        oldest = min(self._peers.values(), key=lambda peer: (not peer.is_gone, peer.known_s))
        del self._peers[oldest.station]
