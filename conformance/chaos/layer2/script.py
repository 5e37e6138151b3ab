"""What happens in one episode of a soak: one fault, or two at a time, made from a seed so that it can be repeated.

Two faults hit two nodes, so that a third one is whole: some eligible node can always be reached.

Shell: a seeded random source.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

FAULTS: Final = (
    *("links-lost", "interface-down", "unplugged", "killed", "frozen", "pod-deleted"),
    *("owner-split", "others-split", "muted", "deafened", "api-cut", "thinned"),
)
PAIRED: Final = ("unplugged", "frozen", "muted", "owner-split")
"""Second faults: quick to make, and about one node."""
_PAIRS: Final = 0.25
_LASTS_S: Final = (0.2, 8.0)
_LATER_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault of an episode.

    Args:
        deed: its name.
        after_s: since the episode's first, seconds.
        lasts_s: how long it is in force, seconds.
    """

    deed: str
    after_s: float
    lasts_s: float


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode.

    Args:
        number: from 1.
        owner: hits the owner of the addresses that are watched.
        other: hits another node at the same time; None for most episodes.
    """

    number: int
    owner: Strike
    other: Strike | None

    @property
    def name(self) -> str:
        """What happens, in few words."""
        return f"{self.owner.deed} + {self.other.deed}" if self.other else self.owner.deed


def made(seed: int, number: int) -> Episode:
    """Make an episode.

    Args:
        seed: of the run.
        number: of the episode.
    """
    lot = Random(f"{seed}/{number}")  # noqa: S311 - repeatable by its seed, nothing secret
    owner = Strike(lot.choice(FAULTS), 0.0, lot.uniform(*_LASTS_S))
    if lot.random() >= _PAIRS or owner.deed == "others-split":
        return Episode(number, owner, None)
    deeds = [deed for deed in PAIRED if not (deed == owner.deed == "owner-split")]
    return Episode(number, owner, Strike(lot.choice(deeds), lot.uniform(0, _LATER_S), lot.uniform(*_LASTS_S)))
