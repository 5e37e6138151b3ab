"""Requests of a client and faults of the load balancer: typed readings of a history.

Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from conformance.suite import seen
from conformance.suite.history import History


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a loop, on a connection of its own.

    Args:
        run: number of the loop.
        about: what the drive called the loop, by custom the name of the Service.
        begin_ns: when it began.
        end_ns: when the answer was there, or it was given up.
        is_ok: it was answered.
        pod: name of the pod that answered, or what else was asked for; "" if none did.
        error: refused, reset, closed, timeout, garbled or unreachable; "" if it is ok.
    """

    run: int
    about: str
    begin_ns: int
    end_ns: int
    is_ok: bool
    pod: str
    error: str

    def __str__(self) -> str:
        return f"t={self.begin_ns} {self.about}: {self.pod if self.is_ok else self.error}"


def from_first_answer(made: Sequence[Request]) -> tuple[Request, ...]:
    """Return the request that was answered first, and those that began when its answer was there; none if none was.

    One that began before may have waited for a retransmission and be answered, and another that began later be refused
    before that.
    """
    first = min((request for request in made if request.is_ok), key=lambda request: request.end_ns, default=None)
    return () if first is None else (first, *(request for request in made if request.begin_ns >= first.end_ns))


def served_s(history: History, abouts: Iterable[str], now_s: float) -> float:
    """Say for how long all of some loops have been answered: since the first answer of the last of them, seconds.

    Args:
        history: where to look.
        abouts: what the drive called the loops.
        now_s: this moment, CLOCK_MONOTONIC.

    Returns:
        Negative infinity while one was not answered yet.
    """
    firsts = [from_first_answer(requests(history, about)) for about in abouts]
    return now_s - max(first[0].end_ns / seen.NS_PER_S if first else inf for first in firsts)


def requests(history: History, about: str) -> tuple[Request, ...]:
    """Return all requests of the loops of one name, by their beginning.

    Args:
        history: where to look.
        about: what the drive called the loop.
    """
    runs = {int(event.data["run"]) for event in history.of("request", "plan") if event.data["about"] == about}
    found = [
        Request(
            run=int(event.data["run"]),
            about=about,
            begin_ns=int(event.data["begin_ns"]),
            end_ns=event.t_ns,
            is_ok=bool(event.data["ok"]),
            pod=str(event.data["answer"]),
            error=str(event.data["error"]),
        )
        for event in history.of("request", "answer")
        if int(event.data["run"]) in runs
    ]
    return tuple(sorted(found, key=lambda request: request.begin_ns))


@dataclass(frozen=True, slots=True)
class Absence:
    """A time in which a role was taken away.

    Args:
        begin_ns: when its last pod was gone.
        asked_ns: when it was asked back, from when on it may act; None if it never was ready again.
        end_ns: when it was ready again; None if it never was.
    """

    begin_ns: int
    asked_ns: int | None
    end_ns: int | None


def absences(history: History, role: str) -> tuple[Absence, ...]:
    """Return the times in which a role was taken away, in order."""
    begins = [event.t_ns for event in history.of("fault", "stop") if event.data["role"] == role]
    ends = [(int(e.data["asked_ns"]), e.t_ns) for e in history.of("fault", "start") if e.data["role"] == role]
    return tuple(Absence(begin, *next((end for end in ends if end[1] > begin), (None, None))) for begin in begins)


@dataclass(frozen=True, slots=True)
class Kill:
    """The processes of one role, killed at once.

    Args:
        role: controller or speaker.
        begin_ns: before the first was killed.
        back_ns: when all of the role was ready again; None if it never was.
        pods: whose processes were killed.
    """

    role: str
    begin_ns: int
    back_ns: int | None
    pods: tuple[str, ...]


def kills(history: History, role: str) -> tuple[Kill, ...]:
    """Return the kills of one role, in order; kills with no return between them count as one.

    Args:
        history: where to look.
        role: controller or speaker.
    """
    ends = [event.t_ns for event in history.of("fault", "back") if event.data["role"] == role]
    hits = [event for event in history.of("fault", "kill") if event.data["role"] == role]
    found: list[Kill] = []
    for before, end in zip([0, *ends], [*ends, None], strict=True):
        group = [hit for hit in hits if before < hit.t_ns and (end is None or hit.t_ns < end)]
        if group:
            pods = tuple(sorted({str(hit.data["pod"]) for hit in group}))
            found.append(Kill(role, min(int(hit.data["asked_ns"]) for hit in group), end, pods))
    return tuple(found)
