"""What happens in one round: made from a seed, so that it can be repeated.

Each writer has Services of its own, so that it never deletes what another has not created yet, and all work at once.
Pools are sometimes large enough for all who live at a time and sometimes not, so that freed addresses have takers.

Shell: a seeded random source.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address
from random import Random
from typing import Final

CAPACITIES: Final = (64, 160)
"""Addresses of a pool: fewer and more than the Services that live at the end of 500 operations (about 100)."""
_FIRST: Final = IPv4Address("198.18.0.0")
_APART: Final = 256
"""Each round has addresses that no round before it had: nothing of an earlier one can be mistaken for its own."""
_CREATE_SHARE: Final = 0.6
_KILL_FROM, _KILL_TO = 0.1, 0.9
"""The kill comes between these shares of the operations, so that some come before it and some after."""
_DELAY_S: Final = 0.2
"""At most so long after the operation that was drawn: an operation's answer is no moment of its own."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One request.

    Args:
        verb: create or delete.
        name: of the Service.
    """

    verb: str
    name: str


@dataclass(frozen=True, slots=True)
class Round:
    """One round.

    Args:
        number: from 1.
        addresses: of the pool, as `first-last`.
        capacity: how many those are.
        scripts: one for each writer, each in order.
        kill_at: the leader is killed when so many operations were answered.
        kill_after_s: and so much later, seconds.
    """

    number: int
    addresses: str
    capacity: int
    scripts: tuple[tuple[Operation, ...], ...]
    kill_at: int
    kill_after_s: float


def made(seed: int, number: int, *, operations: int, writers: int) -> Round:
    """Make up a round.

    Args:
        seed: of the run.
        number: of the round, from 1 to 512.
        operations: creations and deletions, of all writers together.
        writers: at work at once.
    """
    random = Random(f"{seed}/{number}")  # noqa: S311 - to be repeatable is the point
    capacity = random.choice(CAPACITIES)
    first = _FIRST + (number - 1) * _APART
    shares = [operations // writers + (writer < operations % writers) for writer in range(writers)]
    return Round(
        number=number,
        addresses=f"{first}-{first + capacity - 1}",
        capacity=capacity,
        scripts=tuple(_script(random, f"w{writer}", count) for writer, count in enumerate(shares)),
        kill_at=random.randint(int(operations * _KILL_FROM), int(operations * _KILL_TO)),
        kill_after_s=random.uniform(0, _DELAY_S),
    )


def _script(random: Random, prefix: str, count: int) -> tuple[Operation, ...]:
    living: list[str] = []
    found: list[Operation] = []
    for number in range(count):
        if not living or random.random() < _CREATE_SHARE:
            name = f"{prefix}-{number}"
            living.append(name)
            found.append(Operation("create", name))
        else:
            found.append(Operation("delete", living.pop(random.randrange(len(living)))))
    return tuple(found)
