"""The times of the protocol, all from one period.

Pure.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds; `of` makes them for any period.

    Args:
        beat_s: between own heartbeats, at most. Below the period, so that two answers end within one.
        beat_spread: by how much of that a heartbeat may come earlier, so that stations do not beat together.
        gap_s: between own heartbeats, at least.
        queue_s: what waited while the process did not run is heard in so long.
        stale_s: who was not heard for so long is asked for.
        retry_s: how often.
        quiet_s: who was not heard for so long has no say; so long may a process not have run.
        lease_s: how long one may answer after sending a heartbeat that was heard.
        gone_s: who was not known alive for so long is gone; so long a start is listened through.
        late_s: what a process that runs is late at most.
        agree_s: how long a claim waits for the word of others.
        stagger_s: what each better candidate is given to take over first.
        first_stagger_s: what each is given where nobody ever held the address: the others may learn of it later.
        yield_s: how long a claim waits for the owner who was asked to yield.
        pause_s: how long the owner then waits for open connections to end; below a period, so that nobody objects.
        settle_s: after so long, connections that were open before are known by their end, or are not short.
        listen_s: how long connections are told of.
        probe_s: between probes for a stranger; and after the last one.
        probes: how many.
        retry_conflict_s: after a stranger was met.
        misplaced_s: how long an owner may hold what it may not, as others see it.
        relay_s: how long an objection is believed.
        remember_s: how long a station that is gone is reported, and how long one is not believed to hear nothing.
    """

    beat_s: float = 0.128
    beat_spread: float = 0.18
    gap_s: float = 0.005
    queue_s: float = 0.010
    stale_s: float = 0.165
    retry_s: float = 0.050
    quiet_s: float = 0.300
    lease_s: float = 0.450
    gone_s: float = 0.525
    late_s: float = 0.050
    agree_s: float = 0.100
    stagger_s: float = 0.300
    first_stagger_s: float = 2.0
    yield_s: float = 1.0
    pause_s: float = 0.100
    settle_s: float = 0.025
    listen_s: float = 3.0
    probe_s: float = 0.100
    probes: int = 3
    retry_conflict_s: float = 30.0
    misplaced_s: float = 2.0
    relay_s: float = 2.0
    remember_s: float = 60.0

    @classmethod
    def of(cls, period_s: float) -> "Timing":
        """Scale what depends on the period; 0.15 s gives the defaults."""
        usual, by = cls(), period_s / 0.150
        return cls(
            beat_s=usual.beat_s * by,
            stale_s=usual.stale_s * by,
            retry_s=usual.retry_s * by,
            quiet_s=usual.quiet_s * by,
            lease_s=usual.lease_s * by,
            gone_s=usual.gone_s * by,
            late_s=usual.late_s * by,
            agree_s=usual.agree_s * by,
            stagger_s=usual.stagger_s * by,
        )
