"""The speaker's BGP half: what the engine holds, what it should hold, and the steps between the two.

Steps are handed over and not awaited: while some are under way no others are made, and what the engine truly did comes
back as an event. When it goes away nothing is remembered of what it held; its next listing says.

Shell: log, clock, an event; carries out through the engine.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Protocol

import structlog

from lbkit.announcer.bfd_hold import hold_bfd
from lbkit.announcer.desired import Bgp, Outcome, Session
from lbkit.announcer.diff import BgpAction, WithdrawPath, applied, diff_bgp, leave_alone
from lbkit.announcer.leaving import Stage, left
from lbkit.announcer.sessions import ANY_ASN
from lbkit.gobgp.events import Applied, EngineDown, EngineEvent, EngineUp, SessionChanged, SessionsSeen
from lbkit.model.names import Reason
from lbkit.model.status_objects import Wanted
from lbkit.model.views import Peer
from lbkit.speaker import bgp_status
from lbkit.speaker.bgp_status import SessionEnd
from lbkit.speaker.counters import State

_log = structlog.get_logger(__name__)

START_S: Final = 20.0
"""How long after its first decision a speaker waits for sessions before it calls itself ready without them."""


class Submitter(Protocol):
    """What is needed of gobgp.late.LateEngine."""

    def need(self) -> None:
        """Have the engine looked after from now on."""

    def submit(self, listed: int, actions: tuple[BgpAction, ...]) -> None:
        """Hand over steps."""


class BgpSide:
    """All that the speaker knows of its engine.

    Args:
        state: shows what the engine holds.
        engine: None where none runs beside the speaker.
        show: takes the objects that the user is to see, {identity: object} of Services and of sessions; must not block.
        now: gives monotonic time in seconds.
        clock: gives Unix time in seconds.
    """

    def __init__(
        self,
        state: State,
        engine: Submitter | None,
        *,
        show: Callable[[Mapping[str, Wanted], Mapping[str, Wanted]], None],
        now: Callable[[], float] = time.monotonic,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._state = state
        self._engine = engine
        self._show = show
        self._wished: Bgp | None = None
        self._waiting: tuple[str, ...] = ()
        self._listing = 0
        self._is_busy = False
        self._misfits: dict[str, Session] = {}
        self._stage = Stage.STAYING
        self._now = now
        self._clock = clock
        self._begun_s: float | None = None
        self._owed_s: float | None = None
        self._peers: tuple[Peer, ...] = ()
        self._refused: dict[str, str] = {}
        self._trouble = "not reached yet"
        self.settled = asyncio.Event()
        """Set while the engine holds what it should, or is not there to hold anything."""
        self.is_inherited = False
        """Whether what is advertised was so before this speaker started."""

    def want(self, desired: Bgp, waiting: tuple[str, ...]) -> None:
        """Have the engine hold what was decided, as far as it is there and not at work.

        Args:
            desired: the decision.
            waiting: peers of whom too little is known yet; they stay as they are.
        """
        self._wished, self._waiting = desired, waiting
        if self._engine is not None and (desired.sessions or waiting):
            self._state.is_engine_up = bool(self._state.is_engine_up)
            self._engine.need()
        if self._begun_s is None:
            self._begun_s = self._now()
        self._misfits = {name: one for name, one in self._misfits.items() if desired.sessions.get(name) == one}
        if self._owed_s is None:
            self._owed_s = self._now()
        self._advance()

    def leave(self, stage: Stage) -> None:
        """Have the routers turn to other nodes, or take all paths back."""
        self._stage = stage
        self._advance()

    @property
    def advertises(self) -> bool:
        """Whether some router has a path to this node."""
        return bool(self._state.is_engine_up) and any(self._state.bgp.paths.values())

    def not_ready(self) -> str:
        """Say why routers cannot be relied on to know this node; empty if they can.

        A session that is down is waited for only while the speaker is young: so that an update of all speakers goes on
        to the next node when this one is back, and a router that is down stops no update.
        """
        wished = self._wished.sessions if self._wished is not None else {}
        if not wished or self._begun_s is None:
            return ""
        if not self._state.is_engine_up:
            return f"BGP engine: {self._trouble}"
        down = sorted(wished.keys() - self._state.established - self._misfits.keys())
        is_young = self._now() - self._begun_s < START_S
        if is_young and down:
            return f"BGP sessions coming up: {', '.join(down)}"
        return "paths on their way to the routers" if is_young and not self.settled.is_set() else ""

    def take(self, event: EngineEvent) -> bool:
        """Take in what the engine says; return whether a new decision must follow."""
        state = self._state
        match event:
            case EngineUp(listing, holds, established):
                self.is_inherited = not self._listing and bool(holds.paths)
                self._listing, self._is_busy = listing, False
                state.bgp, state.established, state.is_engine_up = holds, set(established), True
                _log.info("BGP engine answers", peers=len(holds.sessions), established=sorted(established))
                return True
            case EngineDown(reason):
                if state.is_engine_up or self._trouble != reason:
                    _log.warning("BGP engine does not answer", error=reason)
                was_up, self._trouble = bool(state.is_engine_up), reason
                for peer in state.established:
                    self._note_end(peer, "the BGP engine went away")
                state.is_engine_up, state.established, state.looks = False, set(), {}
                self.settled.set()
                return was_up
            case Applied(actions, refused):
                self._is_busy = False
                state.bgp = applied(state.bgp, actions)
                self._count_withdrawals(actions)
                for action, words in refused:
                    _log.error("BGP engine refuses a step", step=type(action).__name__, error=words)
                if not refused:
                    self._advance()
            case SessionChanged(peer, is_established):
                (state.established.add if is_established else state.established.discard)(peer)
                if is_established:
                    _log.info("session up", peer=peer, asn=event.peer_asn)
                else:
                    _log.warning("session down", peer=peer, why=event.words)
                    self._note_end(peer, event.words or "closed")
                is_misfit = is_established and self._is_misfit(event)
                self._advance()
                return is_misfit
            case SessionsSeen(looks):
                state.looks = looks
                self._show_all()
        return False

    def effective(self, outcome: Outcome) -> Outcome:
        """Without an engine that answers, nothing is advertised, whatever was decided."""
        if outcome.bgp is Reason.ANNOUNCED and not self._state.is_engine_up:
            return replace(outcome, bgp=Reason.ENGINE_UNAVAILABLE)
        return outcome

    def reported(self, peers: tuple[Peer, ...]) -> None:
        """Take note that the last decision has been told of, and show the same as objects.

        Args:
            peers: those that select this node.
        """
        self._peers = peers
        self._show_all()
        self.is_inherited &= not self._state.is_engine_up or bool(self._waiting)

    def refused(self, decided: Mapping[str, str]) -> dict[str, str]:
        """Say which peers have no session, or not as written, and why.

        Args:
            decided: those that the decision refused.

        Returns:
            {peer name: reason}; what is wrong with the engine as a whole is under `*`.
        """
        refused = {name: words for name, words in decided.items() if name not in self._waiting}
        for name, session in self._misfits.items():
            refused[name] = (
                f"spec.dynamicASN external: the router says that its ASN is {session.local_asn}, our own; "
                "the session stays down until the peer is changed"
            )
        router_id = self._state.bgp.router_id
        wished = self._wished.router_id if self._wished is not None else None
        if router_id is not None and wished is not None and router_id != wished:
            refused["*"] = f"router ID {wished} waits for the next start of the pod; the engine runs with {router_id}"
        self._refused = refused
        return refused

    def _show_all(self) -> None:
        state = self._state
        node = state.k8s_node
        seen = bgp_status.sessions(
            node, self._peers, state.bgp, state.looks, self._refused, flaps=state.flaps, ends=state.ends
        )
        self._show(bgp_status.services(node, state.outcomes), seen)

    def _note_end(self, peer: str, words: str) -> None:
        self._state.flaps[peer] += 1
        self._state.ends[peer] = SessionEnd(words, self._clock())

    def _count_withdrawals(self, actions: tuple[BgpAction, ...]) -> None:
        count = sum(isinstance(each, WithdrawPath) for each in actions)
        if count and self._owed_s is not None:
            self._state.withdrawals.add(self._now() - self._owed_s, count)
        self._owed_s = None

    def _is_misfit(self, event: SessionChanged) -> bool:
        """Note a peer that is internal where only an external one is wanted, which the engine cannot refuse."""
        session = self._wished.sessions.get(event.peer) if self._wished is not None else None
        if session is None or session.peer_asn != ANY_ASN or event.peer_asn != session.local_asn:
            return False
        self._misfits[event.peer] = session
        return True

    def _advance(self) -> None:
        """Hand over what the engine lacks, unless it is at work already or not there."""
        if self._engine is None or not self._state.is_engine_up or self._is_busy:
            return
        if actions := self._missing():
            self._is_busy = True
            self.settled.clear()
            self._engine.submit(self._listing, actions)
        else:
            self._owed_s = None
            self.settled.set()

    def _missing(self) -> tuple[BgpAction, ...]:
        """List the steps from what the engine holds to what it should hold now."""
        if self._wished is None:
            return ()
        wished = leave_alone(self._wished, self._state.bgp, self._waiting)
        sessions = {name: one for name, one in wished.sessions.items() if name not in self._misfits}
        wished = left(replace(wished, sessions=sessions), self._stage)
        return diff_bgp(self._state.bgp, hold_bfd(wished, self._state.established))
