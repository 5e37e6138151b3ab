"""Who answered for an address, from when to when: two at a time, nobody for a while; typed readings of a history.

The judge sees claims, which are moments. A node *answers* from one of its claims to its last one before a pause of
`APART_S`; drives that measure ask every 20 ms, so that whoever would answer is heard far oftener than that.

Pure.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from conformance.suite import neighbor, seen
from conformance.suite.facts import IPAddress
from conformance.suite.history import History

APART_S: Final = 0.5
"""A node that claims nothing for so long, while it is asked all the time, has stopped answering."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which one MAC answered for an address.

    Args:
        mac: whose.
        begin_ns: of its first claim.
        end_ns: of its last.
    """

    mac: str
    begin_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """A time in which two MACs answered for one address.

    Args:
        address: which.
        begin_ns: the newer one's first claim.
        end_ns: the last claim of whichever stopped first.
        older: the MAC that had answered before.
        newer: the MAC that began.
        is_stray: the newer one stopped first: it should not have spoken at all, be it once.
    """

    address: IPAddress
    begin_ns: int
    end_ns: int
    older: str
    newer: str
    is_stray: bool

    @property
    def lasted_s(self) -> float:
        """How long both answered, seconds; 0 for a single claim amid another's."""
        return seen.seconds(self.end_ns, self.begin_ns)


def stretches(history: History, address: IPAddress) -> tuple[Stretch, ...]:
    """Return who answered for an address, from when to when, by the beginnings."""
    moments: dict[str, list[int]] = defaultdict(list)
    for one in neighbor.claims(history, address):
        moments[one.mac].append(one.t_ns)
    found = [Stretch(mac, *span) for mac, times in moments.items() for span in _joined(times)]
    return tuple(sorted(found, key=lambda stretch: stretch.begin_ns))


def _joined(times: list[int]) -> Iterable[tuple[int, int]]:
    begin = last = times[0]
    for t_ns in times[1:]:
        if seen.seconds(t_ns, last) > APART_S:
            yield begin, last
            begin = t_ns
        last = t_ns
    yield begin, last


def overlaps(history: History, address: IPAddress) -> tuple[Overlap, ...]:
    """Return the times in which two MACs answered for an address, by the beginnings."""
    found = [
        Overlap(address, newer.begin_ns, min(older.end_ns, newer.end_ns), older.mac, newer.mac, _is_stray(older, newer))
        for older, newer in combinations(stretches(history, address), 2)
        if older.mac != newer.mac and newer.begin_ns <= older.end_ns
    ]
    return tuple(sorted(found, key=lambda overlap: overlap.begin_ns))


def _is_stray(older: Stretch, newer: Stretch) -> bool:
    return newer.end_ns < older.end_ns


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without answers, or without success.

    Args:
        begin_ns: of the first question or request that failed.
        end_ns: of the first one after it that did not; where none came, of the last that failed.
        is_over: one came.
    """

    begin_ns: int
    end_ns: int
    is_over: bool

    @property
    def lasted_s(self) -> float:
        """How long, seconds; at least so long if it is not over."""
        return seen.seconds(self.end_ns, self.begin_ns)


def gaps(tries: Iterable[tuple[int, bool]]) -> tuple[Gap, ...]:
    """Return the times without success.

    Args:
        tries: (when it began in ns, whether it succeeded), by time.
    """
    found: list[Gap] = []
    begin: int | None = None
    last = 0
    for last, is_ok in tries:
        if is_ok and begin is not None:
            found.append(Gap(begin, last, is_over=True))
            begin = None
        elif not is_ok and begin is None:
            begin = last
    return (*found, Gap(begin, last, is_over=False)) if begin is not None else tuple(found)


def silences(history: History, address: IPAddress, until_ns: int) -> tuple[Gap, ...]:
    """Return the times in which nobody answered for an address.

    Args:
        history: where to look.
        address: which.
        until_ns: later questions are left out: an answer may have come when nobody listened any more.
    """
    asked = [ask for ask in neighbor.asks(history) if ask.target == address and ask.t_ns < until_ns]
    return gaps((ask.t_ns, bool(ask.answers)) for ask in asked)
