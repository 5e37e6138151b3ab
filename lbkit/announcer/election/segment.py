"""One station on one segment: events and the time in, what to send, answer and tell out.

The rules, and why they hold, are in the package's docstring. The caller reads the clock (monotonic), calls `take` with
every event, and with a `Tick` not later than `wake_s`; it sends what comes out at once, and asks `may_answer` right
before each answer or announcement leaves, after it gave the frame that asked for it (`Traffic`).

Pure.
"""

from collections.abc import Mapping
from math import inf
from typing import Final

from lbkit.announcer.election.claims import Claims
from lbkit.announcer.election.events import (
    CandidatesChanged,
    CarrierChanged,
    Claimed,
    Drain,
    Event,
    FamiliesChanged,
    Heard,
    Informed,
    Leave,
    Output,
    Rebalance,
    Send,
    Stream,
    Tick,
    Traffic,
    Why,
)
from lbkit.announcer.election.ledger import Ledger
from lbkit.announcer.election.mine import Mine
from lbkit.announcer.election.peers import Peer, Peers, Survey
from lbkit.announcer.election.timing import Timing
from lbkit.announcer.election.voice import Voice
from lbkit.model.views import IPAddress
from lbkit.packet.heartbeat import Heartbeat, Phase, station_id

LAST_WORDS: Final = 3


class Segment:
    """The state machine of one station.

    Args:
        node: name of this k8s node.
        interface: name of the interface.
        epoch: greater than at any earlier start; if it is not, others say so, and a greater one is taken.
        now_s: the time; all times are seconds of one monotonic clock.
        speaks_ipv6: whether Neighbor Discovery is answered on this interface.
    """

    def __init__(
        self,
        node: str,
        interface: str,
        epoch: int,
        now_s: float,
        *,
        timing: Timing | None = None,
        speaks_ipv6: bool = True,
    ) -> None:
        self._node = node
        self._interface = interface
        self._station = station_id(node, interface)
        self._timing = timing or Timing()
        self._outputs: list[Output] = []
        self._ledger = Ledger()
        self._voice = Voice(self._station, epoch, self._ledger, self._timing)
        self._peers = Peers(self._station, self._timing, self._voice.sent_s)
        self._claims = Claims(node, interface, self._timing, self._peers, ledger=self._ledger, outputs=self._outputs)
        self._claims.speaks_ipv6 = speaks_ipv6
        self._is_up = True
        self._is_draining = False
        self._is_leaving = False
        self._superseded: tuple[float, int] | None = None
        self._blind_until_s = -inf
        self._lease_s = inf
        self._doubt_s = inf
        self._trust_s = inf
        self.wake_s = now_s
        self._restart(now_s)

    def _restart(self, now_s: float) -> None:
        """Listen from the beginning."""
        self._start_s = now_s
        self._phase = Phase.LISTENING
        self._last_heard_s = -inf
        self._is_deaf = True
        self._peers.steady_s = now_s
        self._voice.restart(now_s)
        self._claims.may_claim = False

    # What the caller asks.

    def may_answer(self, address: IPAddress, now_s: float) -> bool:
        """Whether an answer for `address` may leave at this instant (rules 6 and 7).

        False if the time asked for something that was not done yet; so give what was heard, or a `Tick`, before.
        """
        mine = self._claims.mine.get(address)
        if mine is None or not mine.is_answering or mine.is_contested or not self._is_up:
            return False
        if now_s > self.wake_s or now_s < self._blind_until_s:
            return False
        if now_s < self._lease_s:
            return True
        candidates = self._claims.candidates.get(address)
        return candidates is not None and self._peers.has_lease(candidates, now_s)

    @property
    def mine(self) -> Mapping[IPAddress, Mine]:
        """{address: how it is held here}; answered for where `is_answering`."""
        return self._claims.mine

    @property
    def version(self) -> int:
        """Of what is held: another one whenever that changes."""
        return self._ledger.version

    @property
    def peers(self) -> Peers:
        """The other stations."""
        return self._peers

    @property
    def is_deaf(self) -> bool:
        """Whether nothing is heard on this interface."""
        return self._is_deaf

    @property
    def phase(self) -> Phase:
        """How far this station is after its start."""
        return self._phase

    @property
    def is_handed_over(self) -> bool:
        """Whether nothing is held any more that another station could take over."""
        return not any(self._claims.has_successor(address) for address in self._claims.mine)

    def owner(self, address: IPAddress, now_s: float) -> tuple[Peer, int] | None:
        """Name the other station that holds `address`, with its term; None if there is none."""
        rival = self._claims.rivals.best(address, now_s)
        return None if rival is None or rival.peer is None else (rival.peer, rival.term)

    # What happens.

    def take(self, event: Event, now_s: float) -> tuple[Output, ...]:
        """Take one event in, and say what is to be done, in this order."""
        late_s = now_s - self.wake_s
        if late_s > self._timing.late_s:
            self._was_away(late_s, now_s)
        match event:
            case Heard():
                if self._is_up and not self._is_leaving:
                    self._hear(event.beat, event.mac, now_s)
            case Traffic() | Stream():
                if not self._overhear(event, now_s) and now_s < self.wake_s:
                    return ()  # the common case, at any rate of frames
            case Tick():
                pass
            case CandidatesChanged(by_address):
                self._claims.set_candidates(by_address)
            case CarrierChanged(is_up):
                self._set_carrier(is_up=is_up, now_s=now_s)
            case FamiliesChanged(speaks_ipv6):
                self._claims.set_families(speaks_ipv6=speaks_ipv6)
            case Informed() | Drain() | Rebalance() | Leave():
                self._obey(event, now_s)
            case Claimed(address, mac):
                self._hears(now_s)
                self._claims.met(address, mac, now_s)
        self._settle(now_s)
        outputs = tuple(self._outputs)
        self._outputs.clear()
        return outputs

    def _obey(self, event: Informed | Drain | Rebalance | Leave, now_s: float) -> None:
        match event:
            case Informed(is_current):
                self._claims.is_informed = is_current
            case Drain(is_on):
                self._drain(is_on=is_on, now_s=now_s)
            case Rebalance():
                self._claims.pauses.listen(now_s)
                self._claims.rebalance(now_s)
            case Leave():
                self._leave(now_s)

    def _was_away(self, late_s: float, now_s: float) -> None:
        """Do not count as silence of others what was our own (rule 7)."""
        self._peers.excuse(late_s, now_s)
        self._last_heard_s += late_s
        self.wake_s = now_s
        # What waits in the queues is heard first, so that the next heartbeat reports it and no claim ignores it.
        self._voice.hold(self._peers.queued_until_s)
        if late_s > self._timing.quiet_s:
            self._blind_until_s = now_s + self._timing.quiet_s
            self._doubt_s, self._trust_s = self._peers.queued_until_s, now_s + self._timing.gone_s

    def _overhear(self, event: Traffic | Stream, now_s: float) -> bool:
        """Take in what is on the wire beside heartbeats; return whether anything follows."""
        if isinstance(event, Stream):
            return self._claims.streamed(event, now_s)
        self._hears(now_s)
        return self._is_deaf

    def _hears(self, now_s: float) -> None:
        """Note that a frame of another host arrived."""
        self._last_heard_s = now_s

    def _hear(self, beat: Heartbeat, mac: bytes, now_s: float) -> None:
        if beat.station == self._station:
            self._hear_myself(beat, now_s)
            return
        for report in beat.reports:
            if report.station == self._station and (report.epoch, report.sequence) > (
                self._voice.epoch,
                self._voice.sequence,
            ):
                # The clock went back since an earlier start: others take our heartbeats for old ones.
                self._start_anew(report.epoch + 1, now_s)
        if self._is_deaf:
            self._peers.ask_again(now_s)
        known = self._peers.get(beat.station)
        before = None if known is None else known.standing
        was_whole = known is not None and known.is_whole
        was_deaf = known is not None and known.is_deaf
        heard = self._peers.heard(beat, mac, self._voice.epoch, now_s)
        if heard is None:
            return
        peer, is_new = heard
        if is_new and known is not None:
            self._claims.rivals.forget(known)
            self._claims.look_again(known, now_s)
        self._hears(now_s)
        understood = peer.replica.version
        self._learn(peer, beat, now_s)
        if beat.is_leaving:
            self._peers.left(peer)
        else:
            self._peers.bind(peer, now_s, hears_again=was_deaf and not beat.is_deaf)
        if before != peer.standing:
            self._claims.look_again(peer, now_s)
        if peer.is_whole and not was_whole:
            self._claims.look_at_told(peer)
        # Who tells all again, to others, knows what we know of it by the last that we said.
        is_owed = beat.top and (peer.replica.version > understood or peer.acked_s < self._voice.last_s)
        if is_new or is_owed or now_s > peer.acked_s + self._timing.stale_s:
            self._voice.hurry(now_s)

    def _learn(self, peer: Peer, beat: Heartbeat, now_s: float) -> None:
        """Take in what a heartbeat says of addresses."""
        if beat.top:
            self._claims.changed(peer, peer.replica.apply(beat), beat.changes, now_s)
        for objection in beat.objections:
            if objection.station != self._station:
                self._claims.told(objection, now_s)

    def _hear_myself(self, beat: Heartbeat, now_s: float) -> None:
        """Give way to a later start of this very station, as long as it is heard."""
        if beat.epoch > self._voice.epoch:
            self._claims.release_all(Why.SUPERSEDED)
            self._superseded = now_s + self._timing.gone_s, beat.epoch

    def _start_anew(self, epoch: int, now_s: float) -> None:
        self._claims.release_all(Why.SUPERSEDED)
        self._voice.epoch = epoch
        self._restart(now_s)

    def _set_carrier(self, *, is_up: bool, now_s: float) -> None:
        if is_up == self._is_up:
            return
        self._is_up = is_up
        if is_up:
            self._restart(now_s)
        else:
            self._claims.release_all(Why.NO_CARRIER)

    def _drain(self, *, is_on: bool, now_s: float) -> None:
        if self._is_draining and not is_on and self._phase is Phase.READY:
            # Nobody needed our word, so that we may have to learn what was taken over meanwhile.
            self._phase, self._start_s = Phase.WAITING, now_s - self._timing.gone_s
        self._is_draining = self._claims.pauses.is_draining = is_on
        if is_on:
            self._claims.pauses.listen(now_s)
        self._voice.hurry(now_s)

    def _leave(self, now_s: float) -> None:
        """Give everything up, and say so; handing over comes before, by `Drain`."""
        self._claims.release_all(Why.LEAVING)
        self._is_leaving = True
        for _ in range(LAST_WORDS):
            self._send(self._peers.survey(now_s, self._ledger.version), now_s)

    # What follows.

    def _settle(self, now_s: float) -> None:
        """Do what the time asks for."""
        if not self._is_up or self._is_leaving:
            self.wake_s = inf
            return
        if self._superseded is not None:
            until_s, epoch = self._superseded
            if now_s < until_s:
                self.wake_s = until_s
                return
            self._superseded = None
            self._start_anew(epoch + 1, now_s)
        self._advance_phase(now_s)
        claims, peers = self._claims, self._peers
        survey = peers.survey(now_s, self._ledger.version)
        for peer in (*survey.gone, *survey.turned, *peers.revived):
            claims.look_again(peer, now_s)
        peers.revived.clear()
        is_deaf = now_s >= self._last_heard_s + self._timing.quiet_s
        if is_deaf != self._is_deaf:
            self._is_deaf = is_deaf
            self._trust_s = now_s + self._timing.gone_s
            self._voice.hurry(now_s)
        if now_s >= self._doubt_s:
            claims.doubt()
            self._doubt_s = inf
        if not is_deaf and now_s >= self._trust_s:
            claims.trust()
            self._trust_s = inf
        claims.pauses.is_settled = not is_deaf and self._trust_s == inf
        claims.is_doubtful = is_deaf and len(peers) > 0
        claims.is_blind = now_s < self._blind_until_s
        is_ready = self._phase is Phase.READY and not self._is_draining and not claims.is_blind
        if is_ready and not claims.may_claim:
            claims.start(now_s)
        claims.may_claim = is_ready
        is_unfinished = claims.run(survey, now_s)
        self._speak(survey, now_s)
        self._lease_s = survey.lease_s
        self.wake_s = now_s if is_unfinished else self._next_s(survey, now_s)

    def _advance_phase(self, now_s: float) -> None:
        listened_s = now_s - self._start_s
        if self._phase is Phase.LISTENING and listened_s >= self._timing.gone_s:
            self._phase = Phase.WAITING
            self._voice.hurry(now_s)
        if self._phase is Phase.WAITING and listened_s >= 2 * self._timing.gone_s:
            self._phase = Phase.READY
            self._voice.hurry(now_s)

    def _speak(self, survey: Survey, now_s: float) -> None:
        """Send a heartbeat if one is due, or if somebody waits for it."""
        voice, claims = self._voice, self._claims
        if voice.has_news or claims.rivals.has_objections:
            voice.hurry(now_s)
        if survey.lacking is not None:
            voice.repeat(now_s)
        if survey.are_stale or claims.is_insisting:
            voice.insist(now_s)
        if claims.has_released:
            claims.has_released = False
            voice.interrupt(now_s)
        if now_s >= voice.next_s:
            self._send(survey, now_s)
        if survey.are_stale:
            voice.insist(now_s)

    def _send(self, survey: Survey, now_s: float) -> None:
        beat = Heartbeat(
            self._node,
            self._interface,
            epoch=0,
            sequence=0,
            phase=self._phase,
            is_draining=self._is_draining,
            is_deaf=self._is_deaf,
            is_leaving=self._is_leaving,
            speaks_ipv6=self._claims.speaks_ipv6,
            reports=self._peers.reports(now_s),
            objections=self._claims.rivals.objections(now_s),
        )
        self._outputs += [Send(page) for page in self._voice.speak(beat, survey, now_s)]

    def _next_s(self, survey: Survey, now_s: float) -> float:
        """Say when time will next ask for something."""
        next_s = min(self._voice.next_s, survey.next_s, self._claims.next_s())
        if not self._is_deaf:
            next_s = min(next_s, self._last_heard_s + self._timing.quiet_s)
        if self._phase is not Phase.READY:
            next_s = min(next_s, self._start_s + self._timing.gone_s * (1 + (self._phase is Phase.WAITING)))
        if now_s < self._blind_until_s:
            next_s = min(next_s, self._blind_until_s)
        return max(now_s, next_s)
