"""Controllers that are wrong in one place each: the state machine has to find every one of them.

Pure.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lbkit.allocator import book, decide, finalizer, take
from lbkit.allocator.book import Book
from lbkit.allocator.finalizer import FinalizerChange
from lbkit.allocator.outcome import Release
from lbkit.allocator.render import render
from lbkit.allocator.stock import Stock
from lbkit.allocator.waiting import Waiting
from lbkit.controller import cleanup, loop, state
from lbkit.controller.configuration import Configuration
from lbkit.controller.loop import Loop
from lbkit.controller.state import State

Mutant = Callable[[pytest.MonkeyPatch], None]
Anything = Any  # Any: arguments are passed on as they are


def forgets_lingering(patch: pytest.MonkeyPatch) -> None:
    """What a Service gives up is free at once, though its status still shows it."""
    take_ = Book.take
    patch.setattr(Book, "take", lambda self, claim, addresses, *_: take_(self, claim, addresses, ()))


def decides_before_listing(patch: pytest.MonkeyPatch) -> None:
    """The first Service that the watch tells of is served, whoever else is there."""
    patch.setattr(State, "missing", lambda _: ())


def releases_before_the_status_is_blank(patch: pytest.MonkeyPatch) -> None:
    """A Service that is no load balancer any more gives everything back when that is decided."""

    def enter(service: Anything, outcome: Anything, opened: Book) -> None:
        if isinstance(outcome, Release):
            opened.release(service.key)
        else:
            enter_(service, outcome, opened)

    enter_ = decide.enter
    patch.setattr(decide, "enter", enter)


def forgets_who_shows_what_after_a_restart(patch: pytest.MonkeyPatch) -> None:
    """A new book holds only what may be kept."""
    patch.setattr(Book, "linger", lambda *_: None)


def gives_what_others_hold(patch: pytest.MonkeyPatch) -> None:
    """A named address is given whoever has it."""
    patch.setattr(Book, "obstacle", lambda *_: None)


def overwrites(patch: pytest.MonkeyPatch) -> None:
    """Writes do not say for which state of the Service they were meant."""

    def rendered(service: Anything, outcome: Anything, now: str, change: Anything) -> Anything:
        made = render(service, outcome, now, change)
        if made is None:
            return None
        body: Anything = made.body
        return replace(made, body={**body, "metadata": {**body["metadata"], "resourceVersion": None}})

    patch.setattr(loop, "render", rendered)


def forgets_a_failed_write(patch: pytest.MonkeyPatch) -> None:
    """An address whose write failed is free, though the write may have happened."""
    fail = Loop._take_failure

    def failed(self: Loop, event: Anything) -> None:
        self.state.book.release(event.key)
        fail(self, event)

    patch.setattr(Loop, "_take_failure", failed)


def believes_old_events(patch: pytest.MonkeyPatch) -> None:
    """An older version of a Service is taken for a change."""
    patch.setattr(state, "is_older", lambda *_: True)


def leaks(patch: pytest.MonkeyPatch) -> None:
    """A deleted Service keeps its address."""
    patch.setattr(Book, "release", lambda *_: False)


def asks_nobody_again(patch: pytest.MonkeyPatch) -> None:
    """Who was refused is not asked again when something is given back."""
    patch.setattr(Waiting, "worth_deciding", lambda *_: set())


def is_never_content(patch: pytest.MonkeyPatch) -> None:
    """An address is looked for each time anew."""
    patch.setattr(decide, "_as_asked", lambda *_: ())


def ignores_serviceallocation(patch: pytest.MonkeyPatch) -> None:
    """Named addresses are given to whom the pool is not for."""
    patch.setattr(take, "disallowed", lambda *_: "")


def gives_half(patch: pytest.MonkeyPatch) -> None:
    """One family will do, also where two are required."""
    put = take._put_together

    def together(pools: Anything, request: Anything, *rest: Anything) -> Anything:
        return put(pools, replace(request, policy="PreferDualStack"), *rest)

    patch.setattr(take, "_put_together", together)


def does_not_let_rest(patch: pytest.MonkeyPatch) -> None:
    """What is given back is free at once."""
    patch.setattr(Book, "_begin_rest", lambda *_: False)


def forgets_what_rests(patch: pytest.MonkeyPatch) -> None:
    """A new process does not read what was written down."""
    patch.setattr(Book, "restore", lambda *_: None)


def rests_for_ever(patch: pytest.MonkeyPatch) -> None:
    """No rest ends."""
    patch.setattr(Book, "tick", lambda self, now_s: setattr(self, "_now_s", now_s))


def rests_too_short(patch: pytest.MonkeyPatch) -> None:
    """A rest ends after half of its time."""
    tick = Book.tick
    patch.setattr(Book, "tick", lambda self, now_s: tick(self, now_s + 16))


def ignores_reservations(patch: pytest.MonkeyPatch) -> None:
    """Reserved addresses are anybody's."""
    patch.setattr(Stock, "reservation_of", lambda *_: None)


def counts_wrongly(patch: pytest.MonkeyPatch) -> None:
    """A hold that ends is not counted."""
    hold = Stock.hold
    patch.setattr(Stock, "hold", lambda self, address, change: hold(self, address, max(change, 0)))


def places_no_finalizer(patch: pytest.MonkeyPatch) -> None:
    """Addresses are shown without it."""
    patch.setattr(cleanup, "finalizer_change", lambda *_, **__: FinalizerChange.NONE)


def removes_no_finalizer(patch: pytest.MonkeyPatch) -> None:
    """Services wait for ever."""

    def change(*args: Anything, **options: Anything) -> FinalizerChange:
        found = change_(*args, **options)
        return FinalizerChange.NONE if found is FinalizerChange.REMOVE else found

    change_ = finalizer.finalizer_change
    patch.setattr(cleanup, "finalizer_change", change)


def uses_invalid_pools(patch: pytest.MonkeyPatch) -> None:
    """A pool that cannot be read is no pool: who has an address of it loses it."""
    check = Configuration.check

    def checked(self: Anything, *args: Anything) -> None:
        check(self, *args)
        self.pools = tuple(item.view for item in self._read["IPAddressPool"].values() if item.view is not None)

    patch.setattr(Configuration, "check", checked)


def shares_with_anybody(patch: pytest.MonkeyPatch) -> None:
    """A key in common is enough, ports in common or not."""
    patch.setattr(book, "refusal", lambda one, other, _: "" if one.sharing_key == other.sharing_key != "" else "no")


MUTANTS: tuple[Mutant, ...] = (
    forgets_lingering,
    decides_before_listing,
    releases_before_the_status_is_blank,
    forgets_who_shows_what_after_a_restart,
    gives_what_others_hold,
    overwrites,
    forgets_a_failed_write,
    believes_old_events,
    leaks,
    asks_nobody_again,
    is_never_content,
    ignores_serviceallocation,
    gives_half,
    does_not_let_rest,
    forgets_what_rests,
    rests_for_ever,
    rests_too_short,
    ignores_reservations,
    counts_wrongly,
    places_no_finalizer,
    removes_no_finalizer,
    uses_invalid_pools,
    shares_with_anybody,
)
