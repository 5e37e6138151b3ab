"""Who leads: one candidate's part in an election over a Lease, as a state machine.

A standby judges a Lease by how long it has not seen it change, on its own clock, never by the times written in it; so
neither a wall clock that jumps nor two that differ can make two leaders. The leader counts from the moment it *asked*
for its last renewal, which is earlier than anybody else can have seen it, and stops before the others may start:

    leader    asked ------- deadline (starts no write any more) -- its last write has ended
    standby        saw ---------------------------------------------------- may take over

A Lease that is not there counts as one that somebody may still believe to hold, until it has been missing for as long
as a Lease lasts: nobody takes over from a leader whose Lease was deleted by hand, and a controller of another kind
that is being replaced has time to go.
Sources: coordination.k8s.io/v1 Lease; client-go `tools/leaderelection`, which compares nothing but local times either
and, like this, cannot fence a write that is already on its way.

Pure.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from lbkit.model.objects import Lease
from lbkit.model.versions import is_older

LONGEST_LEASE_S: Final = 60
"""A Lease says itself how long it lasts; no holder that renews needs more than this."""
_USABLE: Final = 0.8
"""The part of the time between deadline and take-over that writes may use; the rest is for the way to the API server
and for clocks that run unevenly."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things take.

    Args:
        lease_duration_s: how long a Lease must go without a change before another candidate may take it.
        renew_every_s: from one renewal to the next, before jitter.
        renew_deadline_s: from the last successful renewal until the leader stops. What is left of the Lease then must
            be enough for the writes under way to end.
        retry_s: how soon a leader tries again when a renewal fails, before jitter.
    """

    lease_duration_s: int = 3
    renew_every_s: float = 1.0
    renew_deadline_s: float = 2.0
    retry_s: float = 0.3


TIMING: Final = Timing()


@dataclass(frozen=True, slots=True)
class Wait:
    """There is nothing to do before this time, unless something is seen."""

    until_s: float


@dataclass(frozen=True, slots=True)
class Read:
    """What is known of the Lease is old: read it."""


@dataclass(frozen=True, slots=True)
class Write:
    """Write the Lease.

    Args:
        version: the resourceVersion it must have; empty to create it.
        spec: what to write, without the times.
        is_acquired: whether it changes hands by this, so that its `acquireTime` is now.
    """

    version: str
    spec: Mapping[str, object]
    is_acquired: bool

    def body(self, name: str, at: str) -> Mapping[str, object]:
        """Give the object to create, or the merge patch.

        Args:
            name: the Lease's.
            at: the present as metav1.MicroTime, for people to read.
        """
        times = {"renewTime": at, **({"acquireTime": at} if self.is_acquired else {})}
        metadata = {"resourceVersion": self.version} if self.version else {"name": name}
        return {"metadata": metadata, "spec": {**self.spec, **times}}


Action: TypeAlias = Wait | Read | Write


class Election:
    """One candidate.

    Args:
        identity: as it stands in the Lease; not the same as any other candidate's.
        jitter: gives numbers from 0 to 1, so that candidates do not act in step.
        timing: see there; the same for all candidates.

    Attributes:
        term: counts this candidate's leaderships; another one began when it has moved.
        why: how the last leadership ended, in words.
    """

    def __init__(self, identity: str, jitter: Callable[[], float], timing: Timing = TIMING) -> None:
        self.identity = identity
        self.timing = timing
        self.term = 0
        self.why = ""
        self._jitter = jitter
        self._lease: Lease | None = None
        self._is_known = False
        self._is_stale = False
        self._changed_s = 0.0
        self._next_s = 0.0
        self._deadline_s = -math.inf
        self._is_leading = False

    @property
    def holder(self) -> str:
        """Who holds the Lease, as last seen; empty for nobody."""
        return (self._lease.spec.holder_identity if self._lease is not None else None) or ""

    @property
    def lease(self) -> Lease | None:
        """The Lease as last seen."""
        return self._lease

    def leads(self, now_s: float) -> bool:
        """Whether this candidate leads; once it has not, only another successful write makes it lead again."""
        if self._is_leading and now_s >= self._deadline_s:
            self._lose(f"the Lease was not renewed within {self.timing.renew_deadline_s:g} s")
        return self._is_leading

    def write_time_s(self, now_s: float) -> float:
        """Give how long a write that starts now may take, so that it ends before another candidate can lead.

        Returns:
            Seconds; 0 if this candidate does not lead.
        """
        if not self.leads(now_s):
            return 0.0
        rest_s = self.timing.lease_duration_s - self.timing.renew_deadline_s
        return self._deadline_s - now_s + rest_s * _USABLE

    def patience_s(self, now_s: float) -> float:
        """Give how long the answer to a write of the Lease is worth waiting for."""
        if self.leads(now_s):
            return min(self.timing.renew_every_s, self._deadline_s - now_s)
        return self.timing.renew_deadline_s

    def see(self, lease: Lease, now_s: float) -> None:
        """Enter the Lease as it was read or as the watch showed it."""
        if self._lease is not None:
            version, known = lease.metadata.resource_version, self._lease.metadata.resource_version
            if version == known:
                self._is_stale = False
            if version == known or is_older(version, known):
                return
        self._enter(lease, now_s)
        if self.leads(now_s) and self.holder != self.identity:
            self._lose(f"the Lease went to {self.holder or 'nobody'}")

    def miss(self, now_s: float) -> None:
        """Enter that there is no Lease. A leader finds out for itself: it renews at once, and creates what is gone."""
        if self.leads(now_s):
            self._next_s = now_s
        elif not self._is_known or self._lease is not None:
            self._enter(None, now_s)

    def plan(self, now_s: float) -> Action:
        """Say what to do now."""
        leads = self.leads(now_s)
        if not self._is_known:
            return Wait(math.inf)
        if now_s < self._next_s:
            return Wait(min(self._next_s, self._deadline_s) if leads else self._next_s)
        if leads:
            return self._write()
        if self._is_stale:
            return Read()
        free_s = self._free_s()
        return Wait(free_s) if now_s < free_s else self._write()

    def written(self, lease: Lease, asked_s: float, now_s: float) -> None:
        """Enter that our write was done.

        Args:
            lease: the answer.
            asked_s: when it was sent.
            now_s: the present.
        """
        was_leading = self.leads(now_s)  # an answer after the deadline begins a new leadership
        self._enter(lease, now_s)
        self._deadline_s = asked_s + self.timing.renew_deadline_s
        self._is_leading = now_s < self._deadline_s
        self.term += self._is_leading and not was_leading
        self._next_s = asked_s + self.timing.renew_every_s * (0.9 + 0.2 * self._jitter())

    def failed(self, now_s: float, *, is_conflict: bool = False, is_gone: bool = False, wait_s: float = 0.0) -> None:
        """Enter that a read or a write of ours did not work.

        Args:
            now_s: the present.
            is_conflict: somebody else has written the Lease, or created it.
            is_gone: there is no Lease.
            wait_s: how long the API server asked to be left alone.
        """
        leads = self.leads(now_s)
        if is_gone and self._lease is not None:
            self._enter(None, now_s)
            self._next_s = now_s
        elif is_conflict:
            if leads:
                self._lose("somebody else has written the Lease")
            self._is_stale = True
            self._next_s = now_s + self.timing.retry_s * self._jitter()
        else:
            pause_s = self.timing.retry_s if leads else self.timing.renew_every_s
            self._next_s = now_s + max(wait_s, pause_s * (0.5 + self._jitter()))

    def released(self, now_s: float) -> Write | None:
        """Stop leading, and give the write that lets another candidate lead at once; None if we do not hold it."""
        if not self.leads(now_s) or self._lease is None:
            return None
        self._lose("stopped")
        spec: dict[str, object] = {"holderIdentity": "", "leaseDurationSeconds": 1}
        return Write(self._lease.metadata.resource_version, spec, is_acquired=False)

    def _enter(self, lease: Lease | None, now_s: float) -> None:
        self._lease = lease
        self._is_known = True
        self._is_stale = False
        self._changed_s = now_s
        if not self._is_leading:
            self._next_s = now_s

    def _lose(self, why: str) -> None:
        self._is_leading = False
        self.why = why

    def _free_s(self) -> float:
        """When the Lease may be taken: at once if it is ours or nobody's, else after it has been still for long."""
        mine_s = self.timing.lease_duration_s
        if self._lease is None:
            return self._changed_s + mine_s
        if self.holder in {"", self.identity}:
            return -math.inf
        theirs_s = self._lease.spec.lease_duration_seconds or 0
        return self._changed_s + max(mine_s, min(theirs_s, LONGEST_LEASE_S))

    def _write(self) -> Write:
        old = self._lease
        spec: dict[str, object] = {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": self.timing.lease_duration_s,
        }
        is_change = self.holder != self.identity
        if is_change:
            # A release is no transition of its own: it is counted when the next one takes the Lease.
            spec["leaseTransitions"] = 0 if old is None else (old.spec.lease_transitions or 0) + 1
        version = old.metadata.resource_version if old is not None else ""
        return Write(version, spec, is_acquired=is_change or not self._is_leading)
