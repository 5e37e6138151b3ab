"""The speaker's BGP half: what the engine holds, what it should hold, and the steps between the two.

Steps are handed over and not awaited: while some are under way no others are made, and what the engine truly did comes
back as an event. When it goes away nothing is remembered of what it held; its next listing says.

Shell: log; carries out through the engine.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import structlog

from lbkit.announcer.bfd_hold import hold_bfd
from lbkit.announcer.desired import Bgp, Outcome, Session
from lbkit.announcer.diff import BgpAction, applied, diff_bgp, leave_alone
from lbkit.announcer.sessions import ANY_ASN
from lbkit.gobgp.events import Applied, EngineDown, EngineEvent, EngineUp, SessionChanged
from lbkit.model.names import Reason
from lbkit.speaker.counters import State

_log = structlog.get_logger(__name__)


class Submitter(Protocol):
    """What is needed of gobgp.driver.Engine."""

    def submit(self, listed: int, actions: tuple[BgpAction, ...]) -> None:
        """Hand over steps."""


class BgpSide:
    """All that the speaker knows of its engine.

    Args:
        state: shows what the engine holds.
        engine: None where none runs beside the speaker.
    """

    def __init__(self, state: State, engine: Submitter | None) -> None:
        self._state = state
        self._engine = engine
        self._wished: Bgp | None = None
        self._waiting: tuple[str, ...] = ()
        self._listing = 0
        self._is_busy = False
        self._misfits: dict[str, Session] = {}
        self.trouble = "not reached yet"
        self.is_inherited = False
        """Whether what is advertised was so before this speaker started."""

    def want(self, desired: Bgp, waiting: tuple[str, ...]) -> None:
        """Have the engine hold what was decided, as far as it is there and not at work.

        Args:
            desired: the decision.
            waiting: peers of whom too little is known yet; they stay as they are.
        """
        self._wished, self._waiting = desired, waiting
        self._misfits = {name: one for name, one in self._misfits.items() if desired.sessions.get(name) == one}
        self._advance()

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
                if state.is_engine_up or self.trouble != reason:
                    _log.warning("BGP engine does not answer", error=reason)
                was_up, self.trouble = state.is_engine_up, reason
                state.is_engine_up, state.established = False, set()
                return was_up
            case Applied(actions, refused):
                self._is_busy = False
                state.bgp = applied(state.bgp, actions)
                for action, words in refused:
                    _log.error("BGP engine refuses a step", step=type(action).__name__, error=words)
                if not refused:
                    self._advance()
            case SessionChanged(peer, is_established):
                (state.established.add if is_established else state.established.discard)(peer)
                _log.info("session up" if is_established else "session down", peer=peer, why=event.words)
                is_misfit = is_established and self._is_misfit(event)
                self._advance()
                return is_misfit
        return False

    def effective(self, outcome: Outcome) -> Outcome:
        """Without an engine that answers, nothing is advertised, whatever was decided."""
        if outcome.bgp is Reason.ANNOUNCED and not self._state.is_engine_up:
            return replace(outcome, bgp=Reason.ENGINE_UNAVAILABLE)
        return outcome

    def reported(self) -> None:
        """Take note that what was inherited has been told of."""
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
        return refused

    def _is_misfit(self, event: SessionChanged) -> bool:
        """Note a peer that is internal where only an external one is wanted, which the engine cannot refuse."""
        session = self._wished.sessions.get(event.peer) if self._wished is not None else None
        if session is None or session.peer_asn != ANY_ASN or event.peer_asn != session.local_asn:
            return False
        self._misfits[event.peer] = session
        return True

    def _advance(self) -> None:
        """Hand over what the engine lacks, unless it is at work already or not there."""
        if self._engine is None or self._wished is None or not self._state.is_engine_up or self._is_busy:
            return
        wished = leave_alone(self._wished, self._state.bgp, self._waiting)
        sessions = {name: one for name, one in wished.sessions.items() if name not in self._misfits}
        wished = hold_bfd(replace(wished, sessions=sessions), self._state.established)
        if actions := diff_bgp(self._state.bgp, wished):
            self._is_busy = True
            self._engine.submit(self._listing, actions)
