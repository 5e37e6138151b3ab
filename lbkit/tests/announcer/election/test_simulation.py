"""A few random schedules, and proof that they would show a broken protocol; `make simulate` runs ten thousand.

Pure.
"""

import pytest

from lbkit.tests.announcer.election.mutants import MUTANTS
from lbkit.tests.announcer.election.schedule import play

SEEDS = (1, 2, 3, 5, 7, 15, 16, 28, 37, 46, 59, 72, 121, 174, 475)
"""Of small segments, some of which were caught with an earlier protocol."""

CATCHES = {
    "no-fence": (3, 19),
    "no-lease": (3, 19),
    "no-excuse": (3, 11),
    "no-term": (5, 13),
    "not-sticky": (3, 54),
    "no-word": (1168, 1340),
    "hasty": (3, 72),
    "trusting": (28, 512),
    "stubborn": (470, 1124),
}
"""{broken variant: seeds of schedules that show it}; found by `simulate --mutant`."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_schedule_of_faults_shows_nothing_that_must_not_be(seed: int) -> None:
    """One answers at a time, somebody always, and nobody loses an address without need."""
    assert play(seed).findings.faults == []


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS)
def test_every_broken_variant_is_caught(mutant: str) -> None:
    """A rule that is taken away is missed; so the schedules test what they are to test."""
    assert any(play(seed, MUTANTS[mutant]).findings.faults for seed in CATCHES[mutant])
