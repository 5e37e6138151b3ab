"""What is done about each address: claimed, answered for, given up, taken over.

An address is looked at when something about it changed or when its time has come; a heartbeat that changes nothing
costs nothing here. At most `MOST_PER_TURN` are looked at in one turn, so that heartbeats are not late because a whole
node's addresses are to be taken over.

Pure.
"""

from collections.abc import Iterable, Mapping
from heapq import heappop, heappush
from math import inf
from typing import Final

from lbkit.announcer.election.events import Answer, Candidates, Conflict, Output, Probe, Silence, Stream, TellAgain, Why
from lbkit.announcer.election.ledger import Ledger
from lbkit.announcer.election.mine import Mine
from lbkit.announcer.election.pauses import Pauses
from lbkit.announcer.election.peers import Peer, Peers, Survey
from lbkit.announcer.election.rivals import Rival, Rivals, order
from lbkit.announcer.election.timing import Timing
from lbkit.announcer.election.turns import Turns
from lbkit.model.views import IPAddress
from lbkit.packet.heartbeat import Change, Holding, Objection, Phase

MOST_PER_TURN: Final = 250
MOST_PROBING: Final = 200
"""Probed for at one time: 3 probes each within 300 ms are 2,000 frames a second."""


class Claims:
    """All addresses of one segment, as one station sees them.

    Args:
        node: this station's k8s node.
        interface: and its interface.
        outputs: where to put what is to be done.
    """

    def __init__(
        self, node: str, interface: str, timing: Timing, peers: Peers, *, ledger: Ledger, outputs: list[Output]
    ) -> None:
        self._node = node
        self._interface = interface
        self._timing = timing
        self._peers = peers
        self._ledger = ledger
        self._outputs = outputs
        self.rivals = Rivals(timing, peers)
        self.pauses = Pauses(timing, peers)
        self._turns = Turns(node, interface, timing, peers)
        self.mine: dict[IPAddress, Mine] = {}
        self.candidates: Mapping[IPAddress, Candidates] = {}
        self.may_claim = False
        self.is_blind = False
        self.is_informed = True
        self.is_insisting = False
        self.has_released = False
        self.is_doubtful = False
        self.speaks_ipv6 = True
        self._terms: dict[IPAddress, int] = {}
        self._open: dict[IPAddress, tuple[str, float]] = {}
        self._lost: dict[IPAddress, int] = {}
        self._held_off: dict[IPAddress, float] = {}
        self._unyielded: dict[IPAddress, float] = {}
        self._probing: set[IPAddress] = set()
        self._contested: set[IPAddress] = set()
        self._dirty: dict[IPAddress, None] = {}
        self._due: dict[IPAddress, float] = {}
        self._timers: list[tuple[float, int, IPAddress]] = []
        self._serial = 0
        self._agreed: float = inf
        self._survey = Survey()
        self._unsynced: dict[IPAddress, None] = {}

    # What happened.

    def set_candidates(self, by_address: Mapping[IPAddress, Candidates]) -> None:
        """Take in who may announce what."""
        before, self.candidates = self.candidates, by_address
        for address, candidates in by_address.items():
            known = before.get(address)
            if known is not candidates and known != candidates:
                self._dirty[address] = None
        for address in before:
            if address not in by_address:
                self._dirty[address] = None
                for memory in (self._open, self._lost, self._held_off, self._unyielded, self._terms):
                    memory.pop(address, None)

    def changed(self, peer: Peer, addresses: Iterable[IPAddress], changes: Iterable[Change], now_s: float) -> None:
        """Take in that another station holds some addresses otherwise than before, by what it told."""
        self.rivals.changed(peer, addresses, changes, now_s)
        self._dirty.update(dict.fromkeys(addresses))
        for change in changes:
            self._saw(change.address, change.term)

    def told(self, objection: Objection, now_s: float) -> None:
        """Take in that a station which is perhaps not heard holds an address."""
        self.rivals.told(objection, now_s)
        self._saw(objection.address, objection.term)
        self._dirty[objection.address] = None

    def look_again(self, peer: Peer, now_s: float) -> None:
        """Look at all that another state of a station may change: gone, back, started anew, draining, deaf, ready."""
        self.rivals.look_again(peer, now_s)
        self._dirty.update(dict.fromkeys((*peer.replica.held, *self.rivals.told_of(peer), *self._open)))

    def look_at_told(self, peer: Peer) -> None:
        """Look at what others told of a station, as all is known now that it holds."""
        self._dirty.update(dict.fromkeys(self.rivals.told_of(peer)))

    def streamed(self, stream: Stream, now_s: float) -> bool:
        """Take in that a connection begins or ends; return whether its address may change hands now."""
        is_pause = self.pauses.take(stream, now_s) and stream.address in self.mine
        if is_pause:
            self._dirty[stream.address] = None
        return is_pause

    def set_families(self, *, speaks_ipv6: bool) -> None:
        """Take in whether IPv6 addresses can be answered for."""
        if speaks_ipv6 != self.speaks_ipv6:
            self.speaks_ipv6 = speaks_ipv6
            self._dirty.update(dict.fromkeys(address for address in self.candidates if address.version == 6))

    def has_successor(self, address: IPAddress) -> bool:
        """Whether some other station alive may take an address over."""
        candidates = self.candidates.get(address)
        return candidates is not None and self._turns.has_successor(address, candidates)

    def start(self, now_s: float) -> None:
        """Claim from now on; nobody was to wait for this station until now."""
        self._open = {address: (kind, now_s) for address, (kind, _) in self._open.items()}
        self._dirty.update(dict.fromkeys(self.candidates))

    def met(self, address: IPAddress, mac: bytes, now_s: float) -> None:
        """Take in that some host has an address of ours."""
        mine = self.mine.get(address)
        if mine is None:
            return
        peer = next((each for each in self._peers if each.mac == mac), None)
        is_of_cluster = peer is not None
        if peer is None:
            self._outputs.append(Conflict(address, mac, mine.is_answering))
        elif peer.hears_nothing and mine.is_answering:
            self._outputs.append(TellAgain(address))
        rival = self.rivals.best(address, now_s)
        is_awaited = rival is not None and rival.peer is not None and rival.peer.mac == mac
        if not mine.is_answering and not is_awaited:  # who is to give it to us, has it until then
            self._held_off[address] = now_s + (1.0 if is_of_cluster else self._timing.retry_conflict_s)
            self._release(address, Why.YIELDED)

    def doubt(self) -> None:
        """Give what is held to any other that holds it: we did not run, and may have been replaced."""
        for mine in self.mine.values():
            mine.is_doubtful = True
        self._dirty.update(dict.fromkeys(self.mine))

    def trust(self) -> None:
        """Keep what was claimed while nothing was heard, or held while we did not run: nobody spoke against it."""
        for mine in self.mine.values():
            mine.is_doubtful = False

    def rebalance(self, now_s: float) -> None:
        """Offer what another station suits better."""
        self._turns.look_anew()
        for address, mine in self.mine.items():
            candidates = self.candidates.get(address)
            if not mine.is_answering or candidates is None:
                continue
            if any(peer.phase is Phase.READY for peer in self._turns.better(address, candidates, None)):
                mine.offered_s = now_s
                self._ledger.set(address, Holding.OFFERED, mine.term)
                self._schedule(address, now_s + self._timing.yield_s)

    def release_all(self, why: Why) -> None:
        """Give up everything at once."""
        for address in list(self.mine):
            self._release(address, why)

    # What follows.

    def run(self, survey: Survey, now_s: float) -> bool:
        """Look at what is due; return whether some is left for another turn."""
        self._turns.look_anew()
        self._survey = survey
        self.is_insisting = self.is_insisting and any(
            mine.is_patient and not mine.is_answering for mine in self.mine.values()
        )
        if survey.is_synced and self._unsynced:
            self._dirty.update(self._unsynced)
            self._unsynced.clear()
        if survey.agreed > self._agreed:
            for address, mine in self.mine.items():
                if not mine.is_answering and mine.version <= survey.agreed:
                    self._dirty[address] = None
        self._agreed = survey.agreed
        self._dirty.update(dict.fromkeys(self._contested))
        while self._timers and self._timers[0][0] <= now_s:
            when_s, _, address = heappop(self._timers)
            if self._due.get(address) == when_s:
                del self._due[address]
                self._dirty[address] = None
        if self._dirty:
            for address in list(self._dirty)[:MOST_PER_TURN]:
                del self._dirty[address]
                self._look(address, now_s)
        return bool(self._dirty)

    def next_s(self) -> float:
        """Say when an address will next be due."""
        return self._timers[0][0] if self._timers else inf

    def _look(self, address: IPAddress, now_s: float) -> None:
        """Decide about one address."""
        candidates = self.candidates.get(address)
        mine = self.mine.get(address)
        rival = self.rivals.best(address, now_s)
        is_able = (
            candidates is not None
            and candidates.allows(self._node, self._interface)
            and (self.speaks_ipv6 or address.version == 4)
        )
        if mine is not None:
            if not is_able:
                self._release(address, Why.NOT_ELIGIBLE)
            elif rival is not None and self._beats(rival, address, mine):
                self._yield(address, mine, rival, now_s)
            elif mine.is_answering:
                self._contest(address, mine, now_s)
                self._end_offer(address, mine, now_s)
            else:
                self._advance(address, mine, rival, now_s)
            return
        if candidates is None:
            return
        open_s = self._open_since(address, rival, candidates, now_s)
        if open_s is None or not is_able or not self.may_claim:
            return
        due_s = max(
            open_s + self._turns.wait_s(address, candidates, rival, is_first=address not in self._terms),
            self._held_off.get(address, -inf),
            -inf if rival is None else self._unyielded.get(address, -inf),
        )
        if now_s < due_s:
            self._schedule(address, due_s)
        elif self._survey.is_synced:
            self._claim(address, rival, now_s)
        else:
            self._unsynced[address] = None

    def _open_since(
        self, address: IPAddress, rival: Rival | None, candidates: Candidates, now_s: float
    ) -> float | None:
        """Say since when an address may be claimed; None if it may not."""
        wait_s = 0.0
        if rival is None:
            kind = "free"
        elif rival.peer is None:
            self._schedule(address, now_s + self._timing.relay_s)
            kind = ""
        elif rival.is_willing:
            kind = "offered"
        elif self._is_kept(rival.peer, candidates) or not self.is_informed:
            kind = ""
        else:
            kind = "misplaced"
            wait_s = self._timing.misplaced_s * 2 ** min(self._lost.get(address, 0), 6)
        if not kind:
            self._open.pop(address, None)
            return None
        known = self._open.get(address)
        if known is None or known[0] != kind:
            known = self._open[address] = kind, now_s
        return known[1] + wait_s

    def _is_kept(self, owner: Peer, candidates: Candidates) -> bool:
        """Whether an owner alive keeps what it holds (rule 4): it may, and need not give way to this station."""
        gives_way = owner.node in candidates.reluctant and self._node not in candidates.reluctant
        return candidates.allows(owner.node, owner.interface) and not gives_way

    def _claim(self, address: IPAddress, rival: Rival | None, now_s: float) -> None:
        known = max(self._terms.get(address, 0), rival.term if rival else 0)
        if not known:
            if len(self._probing) >= MOST_PROBING:
                self._schedule(address, now_s + self._timing.probe_s)
                return
            self._probing.add(address)
        term = self._next_term(known)
        self._terms[address] = term
        self._open.pop(address, None)
        version = self._ledger.set(address, Holding.HELD, term)
        mine = Mine(term, version, now_s, None if known else 0, now_s, is_doubtful=self.is_doubtful)
        mine.is_patient = self.rivals.is_held_by_the_deaf(address)
        self.is_insisting = self.is_insisting or mine.is_patient
        self.mine[address] = mine
        self._advance(address, mine, rival, now_s)

    def _next_term(self, known: int) -> int:
        """Raise an address's term; not where a station that is not heard may hold it with the next, and keep it."""
        return known if known and self._survey.are_unheard else known + 1

    def _advance(self, address: IPAddress, mine: Mine, rival: Rival | None, now_s: float) -> None:
        """Bring a claim one step further."""
        timing = self._timing
        if rival is not None:
            # It is alive, and yields when it hears the claim; nothing is answered before it has.
            if now_s >= mine.since_s + timing.yield_s:
                self._unyielded[address] = now_s + 2 * timing.yield_s
                self._release(address, Why.YIELDED)
            else:
                self._schedule(address, mine.since_s + timing.yield_s)
            return
        if mine.probes is not None:
            if now_s >= mine.due_s and mine.probes < timing.probes:
                self._outputs.append(Probe(address))
                mine.probes += 1
                mine.due_s = now_s + timing.probe_s
            if now_s < mine.due_s:
                self._schedule(address, mine.due_s)
                return
        if self.is_blind or not self._has_word(mine, now_s):
            self._schedule(address, max(mine.since_s + timing.agree_s, now_s + timing.late_s))
            return
        self._probing.discard(address)
        mine.is_answering = True
        self._outputs.append(Answer(address, mine.term))

    def _has_word(self, mine: Mine, now_s: float) -> bool:
        """Whether all who could object have understood a claim, or have had the time to."""
        has_agreed = mine.version <= self._agreed and not mine.is_patient and not self._survey.is_left_alone
        return has_agreed or now_s >= mine.since_s + self._timing.agree_s

    def _yield(self, address: IPAddress, mine: Mine, rival: Rival, now_s: float) -> None:
        """Give way to a better claim; to a station that may take it back at once, only by silence."""
        pause_s = self.pauses.wait_s(address, mine, rival, self.rivals.current(address, now_s), now_s)
        if pause_s is not None and not self.is_blind:
            self._schedule(address, pause_s)
            return
        if rival.peer is not None and now_s < rival.peer.unsure_until_s:
            mine.is_contested = True
            self._contested.add(address)
            self._schedule(address, rival.peer.unsure_until_s)
            return
        if rival.peer is not None and not self._is_kept(rival.peer, self.candidates[address]):
            self._lost[address] = self._lost.get(address, 0) + 1
        why = Why.HANDED_OVER if mine.offered_s > -inf else Why.YIELDED
        self._release(address, why, self.pauses.heir(address, mine, rival))

    def _contest(self, address: IPAddress, mine: Mine, now_s: float) -> None:
        """Be silent while somebody who claims an address may begin to answer for it."""
        mine.is_contested = any(
            each.peer is not None and each.peer.acked_holds < mine.version
            for each in self.rivals.current(address, now_s)
        )
        (self._contested.add if mine.is_contested else self._contested.discard)(address)

    def _end_offer(self, address: IPAddress, mine: Mine, now_s: float) -> None:
        """Take an offer back that nobody took."""
        if mine.offered_s > -inf and now_s >= mine.offered_s + self._timing.yield_s:
            mine.offered_s = -inf
            self._ledger.set(address, Holding.HELD, mine.term)

    def _release(self, address: IPAddress, why: Why, heir: bytes = b"") -> None:
        mine = self.mine.pop(address)
        self._probing.discard(address)
        self._contested.discard(address)
        self._ledger.set(address, Holding.RELEASED, mine.term)
        self._dirty[address] = None
        self.has_released = True
        if mine.is_answering:
            self._outputs.append(Silence(address, why, heir))

    def _beats(self, rival: Rival, address: IPAddress, mine: Mine) -> bool:
        """Whether another's claim is better than ours (rule 5); any is better than one that is in doubt."""
        return mine.is_doubtful or rival.order < order(address, mine.term, self._node, self._interface)

    def _saw(self, address: IPAddress, term: int) -> None:
        if term > self._terms.get(address, 0):
            self._terms[address] = term

    def _schedule(self, address: IPAddress, when_s: float) -> None:
        """Look at an address then, or earlier if that was wanted before."""
        if when_s < self._due.get(address, inf):
            self._due[address] = when_s
            self._serial += 1
            heappush(self._timers, (when_s, self._serial, address))
