"""No order of events, no loss and no crash makes the controller give one address twice, or lose or change one.

`make property` runs it long: at least 10,000 steps, and against mutants that it has to find.

Pure.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from lbkit.tests.controller.machine import Machine
from lbkit.tests.controller.mutants import MUTANTS, Mutant

IS_LONG = os.environ.get("LBKIT_PROPERTY") == "long"
long_only = pytest.mark.skipif(not IS_LONG, reason="`make property` runs it")


def run(max_examples: int, steps: int, *phases: Phase, is_random: bool = False) -> None:
    """Run the machine; what it finds is raised."""
    Machine.steps = 0
    run_state_machine_as_test(
        Machine,
        settings=settings(
            deadline=None,
            max_examples=max_examples,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
            phases=phases,
            derandomize=not is_random,
            report_multiple_bugs=False,
            database=None,
        ),
    )


@pytest.mark.slow
def test_whatever_happens() -> None:
    """A short run, the same each time."""
    run(12, 40, Phase.generate, Phase.shrink)
    assert Machine.steps >= 200


@pytest.mark.slow
@long_only
def test_whatever_happens_for_long() -> None:
    """A long run, another one each time."""
    run(500, 60, Phase.generate, Phase.shrink, is_random=True)
    print(f"{Machine.steps} steps")  # noqa: T201 - what `make property` shows
    assert Machine.steps >= 10_000


@pytest.mark.slow
@long_only
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mutant_is_found(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is wrong in one place, and the machine says so."""
    mutant(monkeypatch)
    with pytest.raises(AssertionError) as caught:
        run(1000, 60, Phase.generate)
    print(f"found after {Machine.steps} steps: {str(caught.value).splitlines()[0]}")  # noqa: T201 - as above
