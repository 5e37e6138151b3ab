"""A few random schedules, and proof that they would show a broken protocol; `make simulate` runs ten thousand.

Pure.
"""

import pytest

from lbkit.tests.announcer.election.mutants import MUTANTS
from lbkit.tests.announcer.election.schedule import play

SEEDS = (1, 2, 3, 5, 7, 15, 16, 28, 37, 46, 59, 72, 121, 174, 475)
"""Of small segments, some of which were caught with an earlier protocol."""
CAUGHT = {
    36043: "a deaf station beside one that was stopped",
    40638: "who restarts beside one who does not hear it is told nothing of what that one holds",
    41914: "who heard nothing and then somebody answers, though a third has taken over",
    41924: "a claim is answered for before one who starts could object",
    42682: "the same, where the owner himself starts anew",
    43062: "an objection is forgotten, as its subject was heard a moment ago",
    74562: "who was objected to is not looked at when the objection ends, but two seconds later",
    61685: "an objection is held back as for a hand-over, though the claimant does not hear who drains",
    65417: "whose clock went back and who hears nobody is not known to be there, and was judged as if it were",
    74165: "an owner who did not yield is gone, and what was held off because of it is left free for two seconds",
    74496: "nobody is heard any more and not all are gone, so that a claim is answered for at once",
    75388: "what an unheard station holds is known no more, and nobody looks at it",
    105446: "who did not run for a moment claims at its end what another took meanwhile, before it hears of that",
    51686: "nobody objects, as one of two claims was made by one who heard nothing then",
}
"""{seed: what was wrong before}; each failed with the protocol, or the judge, of its time."""

CATCHES = {
    "no-fence": (3, 19),
    "no-lease": (3, 19),
    "no-excuse": (3, 11),
    "no-term": (5, 13),
    "not-sticky": (3, 54),
    "no-word": (3,),
    "hasty": (3, 72),
    "trusting": (1279, 1458),
    "stubborn": (470, 1124),
}
"""{broken variant: seeds of schedules that show it}; found by `simulate --mutant`."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*SEEDS, *CAUGHT])
def test_a_random_schedule_of_faults_shows_nothing_that_must_not_be(seed: int) -> None:
    """One answers at a time, somebody always, and nobody loses an address without need."""
    assert play(seed).findings.faults == []


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS)
def test_every_broken_variant_is_caught(mutant: str) -> None:
    """A rule that is taken away is missed; so the schedules test what they are to test."""
    assert any(play(seed, MUTANTS[mutant]).findings.faults for seed in CATCHES[mutant])
